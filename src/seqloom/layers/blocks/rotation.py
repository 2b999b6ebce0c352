"""Rotation of queries and keys by their position, as a part of a mixer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seqloom.layers.attention.places import PlaceState, next_places, steps_after
from seqloom.layers.attention.positions import Positions
from seqloom.layers.protocol import check_leaf, check_parts

__all__ = ["Rotation"]


class Rotation(nn.Module):
    """q_t ← q_t e^{i t θ}, k_t ← k_t e^{i t θ}: neighbouring features are complex numbers (Sun et al., 2023, eq. 5).

    x (B, T, 2 N, K), the queries of N heads and then their keys, → the same, turned by ``RotaryPositions``. So the
    product of a query and a key depends on their distance alone. Raises UsageError for an odd ``size`` K
    where the width N · K is even.

    >>> rotation = Rotation(heads=1, size=2)
    >>> y, state = rotation(torch.tensor([1.0, 0.0]).expand(1, 2, 2, 2), rotation.initial_state(1), None)
    >>> y[0, 1], state.steps
    (tensor([[0.5403, 0.8415],
            [0.5403, 0.8415]]), tensor([2]))
    """

    place: Tensor

    def __init__(self, heads: int, size: int) -> None:
        super().__init__()
        self.positions = Positions.ROTARY.build(heads, size)
        self.register_buffer("place", torch.zeros(()), persistent=False)  # knows the device

    def initial_state(self, batch_size: int) -> PlaceState:
        """No steps yet."""
        return PlaceState.start(batch_size, self.place.device)

    def forward(self, x: Tensor, state: Any, lengths: Tensor | None) -> tuple[Tensor, PlaceState]:
        """x (B, T, 2 N, K) from each row's position on."""
        steps = self._steps(state)
        return self.positions.turn(x, next_places(steps, x.shape[1])), PlaceState(steps_after(steps, x, lengths))

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, PlaceState]:
        """x_t (B, 2 N, K) at each row's position."""
        steps = self._steps(state)
        return self.positions.turn(x_t, steps), PlaceState(steps + 1)

    def _steps(self, state: Any) -> Tensor:
        (steps,) = check_parts(self, state, 1)
        check_leaf(self, steps)
        return steps  # type: ignore[no-any-return]
