"""A feed-forward network over the last few inputs: the memory-less baseline under the same protocol."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers.last_steps import LastSteps, last_steps
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, check_leaf, check_sequence, check_state

__all__ = ["Window"]


class Window(CausalLayer):
    """A network over the last ``size`` inputs, without any other memory: y_t = tanh(Σ_k W_k x_{t-k} + b).

    x before the start is 0. x (B, T, D) → y (B, T, H). It forgets all but ``size`` steps (default 8), as the time-delay
    and neural language models did (Waibel et al., 1989; Bengio et al., 2003).

    >>> import torch
    >>> y, state = Window(3, 4, size=2)(torch.zeros(1, 5, 3))
    >>> y.shape, state.past.shape
    (torch.Size([1, 5, 4]), torch.Size([1, 1, 3]))
    """

    def __init__(self, in_features: int, hidden_size: int, size: int = 8) -> None:
        super().__init__()
        if size < 1:
            raise UsageError(f"A window holds at least one step; got size={size!r}.")
        self.in_features, self.out_features, self.size = in_features, hidden_size, size
        self.linear = nn.Linear(in_features * size, hidden_size)

    def initial_state(self, batch_size: int) -> LastSteps:
        """Zeros in place of the inputs before the start."""
        return LastSteps(self.linear.weight.new_zeros(batch_size, self.size - 1, self.in_features))

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, LastSteps]:
        """x (B, T, D) → y (B, T, H), and the last ``size`` - 1 real inputs."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        batch, time, _ = x.shape
        state = self.initial_state(batch) if state is None else state
        check_state(self, state, batch, LastSteps)
        check_leaf(self, state.past, self.size - 1, self.in_features)
        seen = torch.cat([state.past.to(x.dtype), real_steps_only(x, lengths)], dim=1)  # (B, size - 1 + T, D)
        windows = torch.cat([seen[:, k : k + time] for k in range(self.size)], dim=-1)  # (B, T, size · D)
        y = real_steps_only(torch.tanh(self.linear(windows)), lengths)
        return y, LastSteps(last_steps(seen, self.size - 1, lengths).to(state.past.dtype))
