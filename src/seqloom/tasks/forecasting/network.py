"""The network of a forecaster: at every step, the parameters of what comes after it."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.layers import CausalLayer
from seqloom.models.distributions import Distribution

__all__ = ["ForecastNetwork", "ForecastState", "Shape"]


class Shape(NamedTuple):
    """H steps ahead, D columns and K lags."""

    horizon: int
    columns: int
    lags: int


class ForecastState(NamedTuple):
    """The body's state, and the last moves (B, D, K) of each column."""

    body: Any
    moves: Tensor


class ForecastNetwork(nn.Module):
    """θ_t = W body(x)_t + b, and Σ_k A_k Δ_{t-k} is added to the location of each of H steps: what a linear model of
    the last K moves says (Zeng et al., 2023, "Are Transformers effective for time series forecasting?").

    x (B, T, F) begins with the moves Δ (B, T, D) of the columns from step to step; A, which is not trained but solved,
    has rows for each of them. θ is (B, T, H, D, P). Without lags (K = 0) or a location there is no linear part. Of
    what the body says of the location, a share ``trust`` is taken; all of it in training.

    Of a body that is not trained (an echo-state network's) the location may be ``solved``, too: a ``readout``
    (H, D, 1 + F) of 1 and the body's features is added. Such a network is in float64, which that solution needs.
    """

    def __init__(
        self, body: CausalLayer, shape: Shape, distribution: Distribution, dropout: float, solved: bool = False
    ) -> None:
        super().__init__()
        self.body, self.shape, self.location = body, shape, distribution.location
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(body.out_features, shape.horizon * shape.columns * distribution.parameters)
        for weights in self.head.parameters():
            nn.init.zeros_(weights)  # it begins as the linear model
        lags = 0 if distribution.location is None else shape.lags
        self.register_buffer("linear", torch.zeros(shape.columns, shape.horizon, lags))
        self.linear: Tensor
        solved = (
            solved and distribution.location is not None and not any(one.requires_grad for one in body.parameters())
        )
        features = 1 + body.out_features if solved else 0
        self.register_buffer("readout", torch.zeros(shape.horizon, shape.columns, features), persistent=solved)
        self.readout: Tensor
        if solved:
            self.double()

    def forward(self, x: Tensor, lengths: Tensor | None = None, trust: float = 1.0) -> Tensor:
        """x (B, T, F) and lengths (B,) → θ (B, T, H, D, P)."""
        x = x.to(self.head.weight.dtype)
        y, _ = self.body(x, None, lengths)
        return self._sum(y, self._following(x, self._no_moves(x)), trust)

    def vectors(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """The values themselves, as precise as the weights."""
        return x.to(self.head.weight.dtype), lengths

    def answers(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, T, F) → θ (B, T, H · D · P)."""
        found: Tensor = self(vectors, lengths)
        return found.flatten(2)

    def begin(self, rows: int) -> ForecastState:
        """The state before the first step."""
        return ForecastState(self.body.initial_state(rows), self._no_moves(self.linear.new_zeros(rows, 1, 1)))

    def read(self, x: Tensor, state: ForecastState, trust: float = 1.0) -> tuple[Tensor, ForecastState]:
        """The next steps x (B, T, F) of what a state has read → θ (B, T, H, D, P)."""
        x = x.to(self.head.weight.dtype)
        y, body = self.body(x, state.body)
        linear = self._following(x, state.moves)
        moves = torch.cat([state.moves, x[..., : self.shape.columns].transpose(1, 2)], -1)[..., x.shape[1] :]
        return self._sum(y, linear, trust), ForecastState(body, moves)

    def step(self, x_t: Tensor, state: ForecastState, trust: float = 1.0) -> tuple[Tensor, ForecastState]:
        """x_t (B, F) → θ_t (B, H, D, P)."""
        x_t = x_t.to(self.head.weight.dtype)
        y_t, body = self.body.step(x_t, state.body)
        linear = self._following(x_t[:, None], state.moves)
        moves = torch.cat([state.moves, x_t[:, : self.shape.columns, None]], -1)[..., 1:]
        return self._sum(y_t[:, None], linear, trust)[:, 0], ForecastState(body, moves)

    def _no_moves(self, x: Tensor) -> Tensor:
        """(B, D, K - 1) of nothing."""
        return x.new_zeros(len(x), self.shape.columns, max(self.linear.shape[-1] - 1, 0))

    def _following(self, x: Tensor, before: Tensor) -> Tensor | None:
        """What the last moves say of the next values, (B, T, H, D)."""
        if not self.linear.shape[-1]:
            return None
        rows, steps, _ = x.shape
        moves = torch.cat([before, x[..., : self.shape.columns].transpose(1, 2)], -1)
        columns, horizon, lags = self.linear.shape
        weights = self.linear.flip(-1).reshape(columns * horizon, 1, lags)
        said = functional.conv1d(moves, weights, groups=columns)
        return said.view(rows, columns, horizon, steps).permute(0, 3, 2, 1)

    def _sum(self, y: Tensor, linear: Tensor | None, trust: float) -> Tensor:
        horizon, columns, _ = self.shape
        found: Tensor = self.head(self.dropout(y)).view(*y.shape[:2], horizon, columns, -1)
        if self.location is None:
            return found
        place = functional.one_hot(torch.tensor(self.location), found.shape[-1]).to(found)
        found = found if trust == 1 else found * (1 - (1 - trust) * place)
        if self.readout.shape[-1]:
            solved = self.readout[..., 0] + torch.einsum("btf,hdf->bthd", y, self.readout[..., 1:])
            found = found + solved[..., None] * place
        return found if linear is None else found + linear[..., None] * place
