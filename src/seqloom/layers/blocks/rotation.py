"""Rotation of queries and keys by their position, as a part of a mixer."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError

__all__ = ["Rotation", "RotationState"]


class RotationState(NamedTuple):
    """How many steps each row has seen: ``position`` (B,), integers."""

    position: Tensor


class Rotation(nn.Module):
    """x_t ← x_t e^{i t θ}: neighbouring features are a complex number, turned by the step (Sun et al., 2023, eq. 5).

    x (B, T, N, K) → (B, T, N, K), with θ_k = 10000^{-2k / K} for the k-th pair. The product of a query and a key turned
    by it depends on their distance alone. Angles are float64, so that a stream may be long. Raises UsageError for an
    odd ``size`` K.

    >>> rotation = Rotation(2)
    >>> y, state = rotation(torch.tensor([[[[1.0, 0.0]], [[1.0, 0.0]]]]), rotation.initial_state(1), None)
    >>> y.squeeze(), state.position
    (tensor([[1.0000, 0.0000],
            [0.5403, 0.8415]]), tensor([2]))
    """

    place: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        if size % 2:
            raise UsageError(f"A rotation turns pairs of features: the size of a head must be even; got {size}.")
        self.size = size
        self.register_buffer("place", torch.zeros(()), persistent=False)  # knows the device

    def initial_state(self, batch_size: int) -> RotationState:
        """Position 0 for every row."""
        return RotationState(torch.zeros(batch_size, dtype=torch.long, device=self.place.device))

    def forward(self, x: Tensor, state: Any, lengths: Tensor | None) -> tuple[Tensor, RotationState]:
        """x (B, T, N, K) from each row's position on."""
        (position,) = state
        steps = torch.arange(x.shape[1], device=x.device)
        passed = x.shape[1] if lengths is None else lengths.to(position)
        return self._turn(x, position[:, None] + steps), RotationState(position + passed)

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, RotationState]:
        """x_t (B, N, K) at each row's position."""
        (position,) = state
        return self._turn(x_t, position), RotationState(position + 1)

    def _turn(self, x: Tensor, position: Tensor) -> Tensor:
        pairs = torch.arange(0, self.size, 2, device=x.device, dtype=torch.float64)
        angles = position[..., None, None] * torch.exp(pairs * (-math.log(10_000) / self.size))
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        real, imaginary = x.unflatten(-1, (-1, 2)).unbind(-1)
        return torch.stack([real * cos - imaginary * sin, real * sin + imaginary * cos], -1).flatten(-2)
