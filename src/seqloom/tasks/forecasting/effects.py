"""What columns that are known ahead, and the season, add to the values of their own step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.tasks.forecasting.linear import linear, solved

__all__ = ["Effects", "effects_of"]

Floats = NDArray[np.float64]
_ROUNDS = 3
_PENALTY = 1e-3


class Effects(NamedTuple):
    """What each of K columns adds to each value (D, K), and the sum of squares (D,) that is ``left`` of so many
    ``rows``."""

    values: Floats
    left: Floats
    rows: int


def effects_of(moves: Sequence[Floats], causes: Sequence[Floats], lags: int) -> Effects:
    """B in x = B k + u, of the moves of x (T, D) and those of k (T, K) from step to step, NaN where one is missing.

    u is an autoregression of the moves: its coefficients, and B by least squares on what they do not explain, are
    estimated in turns (Cochrane & Orcutt, 1949), with a small penalty.

    >>> draw = np.random.default_rng(0)
    >>> k = draw.normal(size=(400, 1))
    >>> found = effects_of([np.diff(3 * k + draw.normal(size=(400, 1)), axis=0)], [np.diff(k, axis=0)], lags=4)
    >>> found.values.round().tolist()
    [[3.0]]
    """
    known = [~np.isnan(one) for one in moves]
    y, k = ([np.nan_to_num(one) for one in some] for some in (moves, causes))
    columns = y[0].shape[1]
    found, left = np.zeros((columns, k[0].shape[1])), np.zeros(columns)
    for _ in range(_ROUNDS if found.size else 1):
        rest = [one - other @ found.T for one, other in zip(y, k, strict=True)]
        weights = solved(rest, 1, lags, known).astype(np.float64)
        for place in range(columns):
            there = np.concatenate([one[:, place] for one in known])
            target = np.concatenate([_unexplained(one[:, [place]], weights[place]) for one in y])[there, 0]
            cause = np.concatenate([_unexplained(one, weights[place]) for one in k])[there]
            whole = np.concatenate(k)[there]  # what of a cause the moves before it explain away is not to count
            penalty = _PENALTY * np.diag(np.maximum(np.square(whole).sum(0), 1e-12))
            found[place] = np.linalg.solve(cause.T @ cause + penalty, cause.T @ target)
            left[place] = np.square(target - cause @ found[place]).sum()
    return Effects(found, left, sum(map(len, y)))


def _unexplained(moves: Floats, weights: Floats) -> Floats:
    """Moves (T, D) less what those before them say by the weights (1, K) of all columns."""
    said = linear(np.repeat(weights[None], moves.shape[1], 0), moves)[:, 0]
    found: Floats = moves - np.concatenate([np.zeros((1, moves.shape[1])), said[:-1]])
    return found
