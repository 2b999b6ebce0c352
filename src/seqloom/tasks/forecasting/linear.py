"""The linear model of the last moves: a forecast of its own, and a part of every network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["linear", "linear_again", "solved"]

Floats = NDArray[np.float64]
_STRENGTHS = (1e-3, 1e0, 1e1, 1e2, 3e2, 1e3, 3e3, 1e4, 1e5, 1e9)
_MOST_ROWS = 20_000
_FEWEST_ROWS = 20


def linear(weights: Floats, moves: Floats) -> Floats:
    """A (D, H, K) and the moves (T, D) up to each step → what is added to the present values (T, H, D)."""
    lags = weights.shape[-1]
    padded = np.concatenate([np.zeros((lags - 1, moves.shape[1])), moves])
    seen = np.lib.stride_tricks.sliding_window_view(padded, lags, axis=0)
    found: Floats = np.einsum("tdk,dhk->thd", seen[..., ::-1], weights)
    return found


def linear_again(weights: Floats, moves: Floats, at: NDArray[np.int64], horizon: int) -> Floats:
    """The same from A (D, 1, K) of the next step alone, (N, H, D) for each step of ``at``: what it says is read as if
    it had come."""
    lags = weights.shape[-1]
    padded = np.concatenate([np.zeros((lags - 1, moves.shape[1])), moves])
    seen = np.lib.stride_tricks.sliding_window_view(padded, lags, axis=0)[at][..., ::-1]
    steps = []
    for _ in range(horizon):
        steps.append(np.einsum("ndk,dk->nd", seen, weights[:, 0]))
        seen = np.concatenate([steps[-1][..., None], seen[..., :-1]], -1)
    found: Floats = np.cumsum(steps, 0).swapaxes(0, 1)
    return found


def solved(moves: Sequence[Floats], horizon: int, lags: int, known: Sequence[NDArray[np.bool_]]) -> NDArray[np.float32]:
    """A (D, H, K) of the least squared error on moves (T, D) of some series, by ridge regression.

    The last tenth of each series chooses the strength, and whether a column learns from itself alone or from all; steps
    whose values are not ``known`` are left out. At most 20,000 rows, evenly spread, are looked at.
    """
    columns = moves[0].shape[1]
    long = [(one, there) for one, there in zip(moves, known, strict=True) if len(one) > lags + horizon]
    total = sum((len(one) - lags - horizon + 1) * columns for one, _ in long)
    if total < _FEWEST_ROWS:
        return np.zeros((columns, horizon, lags), np.float32)
    parts = [_rows(*pair, horizon, lags, -(-total // _MOST_ROWS)) for pair in long]
    early = [_column(parts, place, 0, 9) for place in range(columns)]
    late = [_column(parts, place, 9, 10) for place in range(columns)]
    found = np.zeros((columns, horizon, lags), np.float32)
    for place in range(columns):
        sources = [([early[place]], [late[place]]), *([(early, late)] if columns > 1 else [])]
        choices = [(one, strength) for one in sources for strength in _STRENGTHS]
        (first, rest), strength = min(
            choices, key=lambda choice: _error(late[place], _ridge(_sum(choice[0][0]), choice[1]))
        )
        found[place] = _ridge(_sum([*first, *rest]), strength).T
    return found


class _Moments(NamedTuple):
    """XᵀX (K, K), XᵀY (K, H) and ΣY² of some rows: all that ridge regression needs."""

    xx: Floats
    xy: Floats
    yy: float
    rows: int


def _moments(rows: Floats, targets: Floats, whole: NDArray[np.bool_]) -> _Moments:
    X, Y = rows[whole], targets[whole]
    return _Moments(X.T @ X, X.T @ Y, float(np.square(Y).sum()), len(X))


def _column(parts: Sequence[tuple[Floats, Floats, NDArray[np.bool_]]], place: int, begin: int, end: int) -> _Moments:
    """Of one column, from one tenth of each series to another."""
    found = []
    for rows, targets, whole in parts:
        cut = slice(len(rows) * begin // 10, len(rows) * end // 10)
        found.append(_moments(rows[cut, place], targets[cut, place], whole[cut, place]))
    return _sum(found)


def _sum(parts: Sequence[_Moments]) -> _Moments:
    xx, xy, yy, rows = zip(*parts, strict=True)
    return _Moments(np.sum(xx, 0), np.sum(xy, 0), sum(yy), sum(rows))


def _rows(
    moves: Floats, known: NDArray[np.bool_], horizon: int, lags: int, stride: int
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Every so many origins of a series: the last moves (N, D, K), the latest first, how far what comes is (N, D, H),
    and which of these are known (N, D)."""
    seen = np.lib.stride_tricks.sliding_window_view(moves, lags, axis=0)[: len(moves) - lags - horizon + 1][::stride]
    levels = np.concatenate([np.zeros((1, moves.shape[1])), moves.cumsum(0)])
    at = np.arange(lags, len(moves) - horizon + 1)[::stride, None] + np.arange(horizon + 1)
    ahead = (levels[at[:, 1:]] - levels[at[:, :1]]).transpose(0, 2, 1)
    return seen[..., ::-1], ahead, known[at - 1].all(1)


def _ridge(moments: _Moments, strength: float) -> Floats:
    lags = len(moments.xx)
    penalty = strength * max(float(np.trace(moments.xx)) / max(moments.rows * lags, 1), 1e-12)
    found: Floats = np.linalg.solve(moments.xx + penalty * np.eye(lags), moments.xy).astype(np.float64)
    return found


def _error(moments: _Moments, weights: Floats) -> float:
    """The sum of squared errors of X @ weights."""
    return float((weights * (moments.xx @ weights - 2 * moments.xy)).sum()) + moments.yy
