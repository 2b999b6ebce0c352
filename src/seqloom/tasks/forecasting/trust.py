"""How far a network is trusted: what it adds to the linear model, by what the held-out part shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seqloom.tasks.forecasting.skill import as_good

__all__ = ["best_trust"]

Floats = NDArray[np.float64]
_SHARES: Final = tuple(k / 10 for k in range(11))


def best_trust(
    plain: Sequence[Floats], whole: Sequence[Floats], came: Sequence[Floats], units: Sequence[Floats], block: int
) -> float:
    """The share w in [0, 1] of plain + w (whole - plain) that helps in both the squared and the absolute error.

    All are arrays (N, H, D) for each of some windows: forecasts of the linear model, those with all that the network
    adds, and what came, NaN where nothing is known; absolute errors count in ``units`` (D,). The share for which the
    worse of the two errors, each as a share of that of the linear model, is the least is never worse than the linear
    model. The smallest share is taken that is as good as it, by :func:`as_good` with blocks of ``block`` origins.

    >>> came = [np.array([[[1.0], [2.0]]])]
    >>> best_trust([np.zeros((1, 2, 1))], [3 * came[0]], came, [np.ones(1)], block=1)
    0.3
    """
    errors = np.stack([_errors(share, plain, whole, came, units) for share in _SHARES], 1)
    sums = errors.sum(2)
    worse = (sums / np.maximum(sums[:, :1], 1e-300)).max(0)
    best = int(worse.argmin())
    squared, absolute = (as_good(one, best, block) for one in errors)
    return _SHARES[int((squared & absolute).argmax())]


def _errors(
    share: float, plain: Sequence[Floats], whole: Sequence[Floats], came: Sequence[Floats], units: Sequence[Floats]
) -> Floats:
    """The squared and the absolute error at each origin, (2, N)."""
    found = []
    for one, other, real, unit in zip(plain, whole, came, units, strict=True):
        error = np.nan_to_num(real - one - share * (other - one))
        found.append(np.stack([np.square(error).sum((1, 2)), np.abs(error / unit).sum((1, 2))]))
    return np.concatenate(found, 1)
