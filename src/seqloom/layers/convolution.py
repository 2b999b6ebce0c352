"""Convolutions over time: each output reads a few neighbouring steps, and a stride makes the sequence shorter.

Axes: B batch, T time, D features, H hidden, W width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.choice import Choice
from seqloom.errors import UsageError
from seqloom.layers.last_steps import LastSteps, last_steps
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, SequenceLayer, check_leaf, check_sequence, check_state, mixed

__all__ = ["CausalConvolution", "Convolution", "Rectifier"]


class Rectifier(Choice):
    """What a convolution makes of its sums, number by number; "none" leaves them as they are."""

    RELU = "relu"
    GELU = "gelu"
    TANH = "tanh"
    NONE = "none"

    @property
    def function(self) -> Callable[[Tensor], Tensor]:
        """The function over tensors."""
        functions: dict[Rectifier, Callable[[Tensor], Tensor]] = {
            Rectifier.RELU: F.relu,
            Rectifier.GELU: F.gelu,
            Rectifier.TANH: torch.tanh,
            Rectifier.NONE: lambda x: x,
        }
        return functions[self]


class _Convolution(SequenceLayer):
    """What both kinds share: one linear map of ``width`` steps side by side, the oldest first."""

    def __init__(self, in_features: int, hidden_size: int, width: int, activation: Rectifier) -> None:
        super().__init__()
        if width < 1:
            raise UsageError(f"{type(self).__name__} sees at least one step; got a width of {width!r}.")
        self.in_features, self.out_features, self.width = in_features, hidden_size, width
        self.activation = Rectifier(activation)
        self.linear = nn.Linear(in_features * width, hidden_size)

    def backward_after(self, below: int | None) -> int | None:
        """None where there are two directions, which it mixes."""
        return mixed(below)

    def _convolve(self, seen: Tensor, count: int, stride: int = 1) -> Tensor:
        """``count`` outputs (B, count, H), each ``stride`` steps of ``seen`` (B, S, D) after the one before."""
        windows = [seen[:, k : k + count * stride : stride] for k in range(self.width)]
        return self.activation.function(self.linear(torch.cat(windows, dim=-1)))


class CausalConvolution(_Convolution, CausalLayer):
    """A convolution over the last ``width`` steps, which streams: y_t = f(Σ_k W_k x_{t-k} + b), k from 0 to width - 1.

    x before the start is 0. x (B, T, D) → y (B, T, H). f is ``activation`` (default: ReLU). The state is the last
    ``width`` - 1 inputs (default: 4 of them).

    >>> y, state = CausalConvolution(3, 4, width=2)(torch.zeros(1, 5, 3))
    >>> y.shape, state.past.shape
    (torch.Size([1, 5, 4]), torch.Size([1, 1, 3]))
    """

    def __init__(
        self, in_features: int, hidden_size: int, width: int = 5, activation: Rectifier = Rectifier.RELU
    ) -> None:
        super().__init__(in_features, hidden_size, width, activation)

    def initial_state(self, batch_size: int) -> LastSteps:
        """Zeros in place of the inputs before the start."""
        return LastSteps(self.linear.weight.new_zeros(batch_size, self.width - 1, self.in_features))

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, LastSteps]:
        """x (B, T, D) → y (B, T, H), and the last ``width`` - 1 real inputs."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        batch, time, _ = x.shape
        state = self.initial_state(batch) if state is None else state
        check_state(self, state, batch, LastSteps)
        check_leaf(self, state.past, self.width - 1, self.in_features)
        seen = torch.cat([state.past.to(x.dtype), real_steps_only(x, lengths)], dim=1)  # (B, width - 1 + T, D)
        y = real_steps_only(self._convolve(seen, time), lengths)
        return y, LastSteps(last_steps(seen, self.width - 1, lengths).to(state.past.dtype))


class Convolution(_Convolution):
    """A convolution that needs the whole sequence: it sees what comes, or gives one output for ``stride`` steps.

    y_j = f(Σ_k W_k x_k + b) over ``width`` steps k. With ``causal`` they end with the last of the steps sj … sj + s - 1
    that output j stands for, s being the ``stride``; otherwise these steps are in their middle. x beyond both ends
    is 0, f is ``activation`` (default: ReLU). x (B, T, D) → y (B, ⌈T / s⌉, H), so a row of n steps becomes one of
    ⌈n / s⌉: ``lengths_after``. The state is empty. With a stride it does not step, even when causal, because s - 1 of s
    steps would have no output; what comes in pieces goes through ``chunk`` instead, see ``Pieces``.
    Raises UsageError for a stride above the width, which would leave inputs out.

    >>> layer = Convolution(3, 4, width=5, stride=2)
    >>> y, state = layer(torch.zeros(2, 7, 3), None, torch.tensor([7, 2]))
    >>> y.shape, layer.lengths_after(torch.tensor([7, 2]))
    (torch.Size([2, 4, 4]), tensor([4, 1]))
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        width: int = 5,
        stride: int = 1,
        activation: Rectifier = Rectifier.RELU,
        causal: bool = True,
    ) -> None:
        super().__init__(in_features, hidden_size, width, activation)
        if not 1 <= stride <= width:
            raise UsageError(
                f"A convolution moves by at least one step and at most its width, {width}, or inputs would be left "
                f"out; got a stride of {stride}."
            )
        self.stride, self.causal, self.keeps_time = stride, causal, stride == 1

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        """⌈length / stride⌉."""
        return None if lengths is None else (lengths.to(torch.int64) + (self.stride - 1)) // self.stride

    def initial_state(self, batch_size: int) -> tuple[()]:
        """Nothing."""
        return ()

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, tuple[()]]:
        """x (B, T, D) → y (B, ⌈T / s⌉, H)."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        count = (x.shape[1] + self.stride - 1) // self.stride
        before = (self.width - self.stride) // (1 if self.causal else 2)
        after = count * self.stride - x.shape[1] + self.width - self.stride - before
        seen = F.pad(real_steps_only(x, lengths), (0, 0, before, after))
        return real_steps_only(self._convolve(seen, count, self.stride), self.lengths_after(lengths)), ()

    def unread(self, batch_size: int) -> Tensor:
        """What is kept between pieces, before the first one: zeros (B, width - s, D) in place of the inputs before it.

        UsageError where the outputs see what comes.
        """
        if not self.causal:
            raise UsageError("conv: this one sees what comes after, so it cannot read piece by piece. Say causal=true.")
        return self.linear.weight.new_zeros(batch_size, self.width - self.stride, self.in_features)

    def chunk(self, x: Tensor, unread: Tensor) -> tuple[Tensor, Tensor]:
        """Some more steps (B, n, D) → the outputs (B, m, H) whose steps are all there, and what is kept."""
        seen = torch.cat([unread, x], 1)
        count = (seen.shape[1] - self.width) // self.stride + 1
        return self._convolve(seen, count, self.stride), seen[:, count * self.stride :].clone()

    def finish(self, unread: Tensor) -> Tensor:
        """The output (B, 1, H) for the last steps, where they are fewer than a stride; else none, (B, 0, H)."""
        missing = self.width - unread.shape[1]
        return self._convolve(F.pad(unread, (0, 0, 0, missing)), int(missing < self.stride), self.stride)
