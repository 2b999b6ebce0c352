"""Forecasts that need no learning, and the linear one: what every model is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from seqloom.tasks.forecasting.windows import Window, last_known

__all__ = ["NAIVE", "drift", "last_value", "linear", "season_before", "solved"]

Floats = NDArray[np.float64]
Forecast = Callable[[Window], Floats]
_STRENGTHS = (1e-3, 1e0, 1e1, 1e2, 3e2, 1e3, 3e3, 1e4, 1e5, 1e9)
_MOST_ROWS = 20_000
_FEWEST_ROWS = 20


def last_value(window: Window) -> Floats:
    """The present value again, (N, H, D)."""
    return np.repeat(window.present[:, None], window.sizes.horizon, 1)


def season_before(window: Window) -> Floats:
    """The value of the last season's same step, (N, H, D); the present one where the series has not begun yet."""
    known = last_known(window.series.values[: window.end])
    ahead = np.arange(1, window.sizes.horizon + 1)
    season = window.sizes.season
    back = ahead - season * -(-ahead // season)
    at = window.at[:, None] + back
    found: Floats = np.where((at >= 0)[..., None], known[at.clip(0)], window.present[:, None])
    return found


def drift(window: Window) -> Floats:
    """The line through the first value and the present one, (N, H, D) (Hyndman & Athanasopoulos, 2021, sec. 5.2)."""
    known = last_known(window.series.values[: window.end])
    begin = int((~np.isnan(window.series.values)).any(1).argmax())
    steps = (window.at - begin).clip(1)[:, None]
    slope = (window.present - known[begin]) / steps
    found: Floats = window.present[:, None] + slope[:, None] * np.arange(1, window.sizes.horizon + 1)[:, None]
    return found


NAIVE: Mapping[str, Forecast] = {"last value": last_value, "last season": season_before, "drift": drift}
"""By name."""


def linear(weights: Floats, moves: Floats) -> Floats:
    """A (H, K) and the moves (T, D) up to each step → what is added to the present values (T, H, D)."""
    lags = weights.shape[1]
    padded = np.concatenate([np.zeros((lags - 1, moves.shape[1])), moves])
    seen = np.lib.stride_tricks.sliding_window_view(padded, lags, axis=0)
    found: Floats = np.einsum("tdk,hk->thd", seen[..., ::-1], weights)
    return found


def solved(moves: Sequence[Floats], horizon: int, lags: int, known: Sequence[NDArray[np.bool_]]) -> NDArray[np.float32]:
    """A (H, K) of the least squared error on moves (T, D) of some series, by ridge regression.

    The last tenth chooses the strength; steps whose values are not ``known`` are left out. At most 20,000 rows, evenly
    spread, are looked at.
    """
    long = [(one, there) for one, there in zip(moves, known, strict=True) if len(one) > lags + horizon]
    total = sum((len(one) - lags - horizon + 1) * one.shape[1] for one, _ in long)
    if total < _FEWEST_ROWS:
        return np.zeros((horizon, lags), np.float32)
    parts = [_rows(*pair, horizon, lags, -(-total // _MOST_ROWS)) for pair in long]
    rows, targets = (np.concatenate(part) for part in zip(*parts, strict=True))
    cut = len(rows) * 9 // 10
    best = min(_STRENGTHS, key=lambda one: _error(rows[cut:], targets[cut:], _ridge(rows[:cut], targets[:cut], one)))
    found: NDArray[np.float32] = _ridge(rows, targets, best).T.astype(np.float32)
    return found


def _rows(moves: Floats, known: NDArray[np.bool_], horizon: int, lags: int, stride: int) -> tuple[Floats, Floats]:
    """Every so many origins of a series: the last moves (N, K), the latest first, and how far what comes is (N, H)."""
    seen = np.lib.stride_tricks.sliding_window_view(moves, lags, axis=0)[: len(moves) - lags - horizon + 1][::stride]
    levels = np.concatenate([np.zeros((1, moves.shape[1])), moves.cumsum(0)])
    at = np.arange(lags, len(moves) - horizon + 1)[::stride, None] + np.arange(horizon + 1)
    ahead = (levels[at[:, 1:]] - levels[at[:, :1]]).transpose(0, 2, 1)
    whole = known[at - 1].all(1)
    return seen[..., ::-1][whole], ahead[whole]


def _ridge(rows: Floats, targets: Floats, strength: float) -> Floats:
    X, Y = rows.reshape(-1, rows.shape[-1]), targets.reshape(-1, targets.shape[-1])
    penalty = strength * max(float(np.square(X).mean()), 1e-12) * np.eye(X.shape[1])
    found: Floats = np.linalg.solve(X.T @ X + penalty, X.T @ Y).astype(np.float64)
    return found


def _error(rows: Floats, targets: Floats, weights: Floats) -> float:
    return float(np.square(rows @ weights - targets).mean()) if len(rows) else 0.0
