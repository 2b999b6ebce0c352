"""A linear map of each step, as a layer."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, check_sequence, mixed

__all__ = ["Projection"]


class Projection(CausalLayer):
    """A linear map of each step by itself: y_t = W x_t + b.

    x (B, T, D) → y (B, T, H); the state is empty. In front of a body it brings a series of a few channels, or a wide
    one-hot vector, to the width of the body.

    >>> import torch
    >>> y, state = Projection(3, 4)(torch.zeros(1, 5, 3))
    >>> y.shape, state
    (torch.Size([1, 5, 4]), ())
    """

    def __init__(self, in_features: int, hidden_size: int) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, hidden_size
        self.linear = nn.Linear(in_features, hidden_size)

    def backward_after(self, below: int | None) -> int | None:
        """None where there are two directions, which it mixes."""
        return mixed(below)

    def initial_state(self, batch_size: int) -> tuple[()]:
        """Nothing: no step knows of another."""
        return ()

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, tuple[()]]:
        """x (B, T, D) → y (B, T, H)."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        return real_steps_only(self.linear(real_steps_only(x, lengths)), lengths), ()
