"""No layer at all, where a front's vectors are read as they are."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, check_sequence

__all__ = ["Unchanged"]


class Unchanged(CausalLayer):
    """y_t = x_t: what stands after a front in a specification without layers, as ``grid(64) + pool(mean)``.

    >>> import torch
    >>> Unchanged(3)(torch.ones(1, 2, 3))[0].shape
    torch.Size([1, 2, 3])
    """

    def __init__(self, in_features: int) -> None:
        super().__init__()
        self.in_features = self.out_features = in_features

    def backward_after(self, below: int | None) -> int | None:
        """What was below."""
        return below

    def initial_state(self, batch_size: int) -> tuple[()]:
        """Nothing."""
        return ()

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, tuple[()]]:
        """x (B, T, D) → x, 0 beyond each row's length."""
        return real_steps_only(x, check_sequence(self, x, self.in_features, lengths)), ()
