"""The short causal convolution that many recurrences read their inputs through."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers.last_steps import LastSteps, last_steps
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, check_leaf, check_sequence, check_state, check_step

__all__ = ["ShortConvolution"]


class ShortConvolution(CausalLayer):
    """y_t = Σ_k w_k x_{t-k} + b, feature by feature, over the last ``size`` inputs; x before the start is 0.

    x (B, T, D) → y (B, T, D), a causal depthwise convolution, as Gu & Dao (2023) have before their recurrence.
    ``weight`` (D, size) has the newest input last, as ``torch.nn.functional.conv1d`` has it; ``bias`` (D,), or
    None. No activation follows.

    >>> import torch
    >>> y, state = ShortConvolution(3)(torch.zeros(1, 5, 3))
    >>> y.shape, state.past.shape
    (torch.Size([1, 5, 3]), torch.Size([1, 3, 3]))
    """

    def __init__(self, features: int, size: int = 4, *, bias: bool = True) -> None:
        super().__init__()
        if size < 1:
            raise UsageError(f"A convolution sees at least one step; got size={size!r}.")
        self.in_features = self.out_features = features
        self.size = size
        self.weight = nn.Parameter(torch.empty(features, size))
        self.bias = nn.Parameter(torch.empty(features)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weights and bias uniform between ±1/sqrt(size), as torch's convolutions begin."""
        bound = 1 / math.sqrt(self.size)
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)

    def initial_state(self, batch_size: int) -> LastSteps:
        """Zeros in place of the inputs before the start."""
        return LastSteps(self.weight.new_zeros(batch_size, self.size - 1, self.in_features))

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, LastSteps]:
        """x (B, T, D) → y (B, T, D), and the last ``size`` - 1 real inputs."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        batch, time, _ = x.shape
        past = self._past(self.initial_state(batch) if state is None else state, batch)
        seen = torch.cat([past.to(x.dtype), real_steps_only(x, lengths)], dim=1)  # (B, size - 1 + T, D)
        y = (seen.new_zeros(()) if self.bias is None else self.bias).expand(x.shape)
        for k in range(self.size):  # each pass is fused; torch's own depthwise convolution is no faster on a CPU
            y = torch.addcmul(y, seen[:, k : k + time], self.weight[:, k])
        return real_steps_only(y, lengths), LastSteps(last_steps(seen, self.size - 1, lengths).to(past.dtype))

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, LastSteps]:
        """One step: x_t (B, D) → y_t (B, D), and the last ``size`` - 1 inputs."""
        if self._forward_pre_hooks:
            return super().step(x_t, state)
        check_step(self, x_t, self.in_features)
        past = self._past(state, len(x_t))
        seen = torch.cat([past.to(x_t.dtype), x_t[:, None]], 1)  # (B, size, D)
        y = (seen * self.weight.T).sum(1)
        return y if self.bias is None else y + self.bias, LastSteps(seen[:, 1:].to(past.dtype))

    def _past(self, state: Any, rows: int) -> Tensor:
        check_state(self, state, rows, LastSteps)
        past: Tensor = state.past
        check_leaf(self, past, self.size - 1, self.in_features)
        return past
