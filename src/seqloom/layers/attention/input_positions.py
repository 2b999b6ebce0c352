"""Positions as vectors that are added to a layer's inputs."""

from __future__ import annotations

import math
import warnings
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.choice import Choice
from seqloom.errors import SeqloomWarning, UsageError
from seqloom.layers.attention.places import PlaceState, next_places, steps_after
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, check_sequence, check_state

__all__ = ["InputPositions", "PositionTable", "sinusoids"]

LENGTH = 1024


class PositionTable(Choice):
    """Where the vectors come from: waves of many lengths, or a learned table."""

    SINUSOIDAL = "sinusoidal"
    LEARNED = "learned"


class InputPositions(CausalLayer):
    """Positions added to the inputs, sinusoidal or learned: y_t = x_t + P[t].

    x (B, T, D) → y (B, T, D). ``kind`` "sinusoidal" (default): P[t] has sin(t / 10000^{2k / D}) at 2k and the cosine at
    2k + 1 (Vaswani et al., 2017, sec. 3.5), for sequences of any length. "learned": P is a table of ``length`` rows,
    N(0, 0.02²) at first (Radford et al., 2019), and a longer stream goes round, P[t mod length], which attention that
    looks back less than ``length`` steps cannot mistake. The state counts each row's steps.
    Raises UsageError when ``hidden_size`` is not ``in_features``; warns (SeqloomWarning) of a length without effect.

    >>> y, state = InputPositions(4, 4)(torch.zeros(1, 2, 4))
    >>> y[0, 0], state.steps
    (tensor([0., 1., 0., 1.]), tensor([2]))
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        kind: PositionTable = PositionTable.SINUSOIDAL,
        length: int = LENGTH,
    ) -> None:
        super().__init__()
        if in_features != hidden_size:
            raise UsageError(f"Positions keep the width: {in_features} features cannot become {hidden_size}.")
        self.in_features, self.out_features = in_features, hidden_size
        self.kind, self.length = PositionTable(kind), length
        learned = self.kind is PositionTable.LEARNED
        if length != LENGTH and not learned:
            warnings.warn(
                f"length={length} has no effect: sinusoidal positions have no table, and go on for ever. kind=learned "
                "has a table of that length.",
                SeqloomWarning,
                stacklevel=2,
            )
        self.table = nn.Parameter(0.02 * torch.randn(length, in_features)) if learned else None

    def backward_after(self, below: int | None) -> int | None:
        """Those of the layer below: the features keep their places."""
        return below

    def initial_state(self, batch_size: int) -> PlaceState:
        """No steps yet."""
        return PlaceState.start(batch_size, torch.device("cpu"))

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, PlaceState]:
        """x (B, T, D) → y (B, T, D), and how many steps there have been."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        given = self.initial_state(x.shape[0]) if state is None else state
        check_state(self, given, x.shape[0], PlaceState)
        steps = given.steps.to(x.device)
        after = steps_after(steps, x, lengths)
        places = torch.arange(x.shape[1], device=x.device)[None] if state is None else next_places(steps, x.shape[1])
        y = real_steps_only(real_steps_only(x, lengths) + self._vectors(places).to(x.dtype), lengths)
        return y, PlaceState(after)

    def _vectors(self, places: Tensor) -> Tensor:
        """(B or 1, T) → (B or 1, T, D)."""
        if self.table is None:
            return sinusoids(places, self.in_features)
        return F.embedding(places % self.length, self.table)


def sinusoids(places: Tensor, features: int) -> Tensor:
    """places (…) → (…, D) in float64.

    >>> sinusoids(torch.tensor([1]), 2)
    tensor([[0.8415, 0.5403]], dtype=torch.float64)
    """
    pairs = torch.arange(0, features, 2, device=places.device, dtype=torch.float64)
    angles = places[..., None] * torch.exp(pairs * (-math.log(10_000.0) / features))
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(-2)[..., :features]
