"""Rotation of queries and keys by their position, as a part of a mixer."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqloom.layers.attention.positions import RotaryPositions

__all__ = ["Rotation", "RotationState"]


class RotationState(NamedTuple):
    """How many steps each row has seen: ``position`` (B,), integers."""

    position: Tensor


class Rotation(nn.Module):
    """q_t ← q_t e^{i t θ}, k_t ← k_t e^{i t θ}: neighbouring features are complex numbers (Sun et al., 2023, eq. 5).

    x (B, T, 2 N, K), the queries of N heads and then their keys, → the same, turned by ``RotaryPositions``. So the
    product of a query and a key depends on their distance alone. Raises UsageError for an odd ``size`` K.

    >>> rotation = Rotation(2)
    >>> y, state = rotation(torch.tensor([1.0, 0.0]).expand(1, 2, 2, 2), rotation.initial_state(1), None)
    >>> y[0, 1], state.position
    (tensor([[0.5403, 0.8415],
            [0.5403, 0.8415]]), tensor([2]))
    """

    place: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.positions = RotaryPositions(size)
        self.register_buffer("place", torch.zeros(()), persistent=False)  # knows the device

    def initial_state(self, batch_size: int) -> RotationState:
        """Position 0 for every row."""
        return RotationState(torch.zeros(batch_size, dtype=torch.long, device=self.place.device))

    def forward(self, x: Tensor, state: Any, lengths: Tensor | None) -> tuple[Tensor, RotationState]:
        """x (B, T, 2 N, K) from each row's position on."""
        (position,) = state
        steps = torch.arange(x.shape[1], device=x.device)
        passed = x.shape[1] if lengths is None else lengths.to(position)
        return self._turn(x, position[:, None] + steps), RotationState(position + passed)

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, RotationState]:
        """x_t (B, 2 N, K) at each row's position."""
        (position,) = state
        return self._turn(x_t, position), RotationState(position + 1)

    def _turn(self, x: Tensor, position: Tensor) -> Tensor:
        queries, keys = x.chunk(2, -2)
        return torch.cat(self.positions.turn(queries, keys, position), -2)
