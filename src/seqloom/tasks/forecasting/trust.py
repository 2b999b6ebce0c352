"""How far a network is trusted: what it adds to the linear model, by what the held-out part shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_trust"]

Floats = NDArray[np.float64]
_SHARES: Final = tuple(k / 10 for k in range(11))


def best_trust(
    plain: Sequence[Floats], whole: Sequence[Floats], came: Sequence[Floats], units: Sequence[Floats]
) -> float:
    """The share w in [0, 1] of plain + w (whole - plain) that helps most in both the squared and the absolute error.

    All are arrays (N, H, D) for each of some windows: forecasts of the linear model, those with all that the network
    adds, and what came, NaN where nothing is known; absolute errors count in ``units`` (D,). The worse of the two
    errors, each as a share of that of the linear model, is the least; so neither is ever above the linear model's.

    >>> came = [np.array([[[1.0], [2.0]]])]
    >>> best_trust([np.zeros((1, 2, 1))], [3 * came[0]], came, [np.ones(1)])
    0.3
    """
    errors = np.array([_errors(share, plain, whole, came, units) for share in _SHARES])
    worse = (errors / np.maximum(errors[0], 1e-300)).max(1)
    return _SHARES[int(worse.argmin())]


def _errors(
    share: float, plain: Sequence[Floats], whole: Sequence[Floats], came: Sequence[Floats], units: Sequence[Floats]
) -> tuple[float, float]:
    squared = absolute = 0.0
    for one, other, real, unit in zip(plain, whole, came, units, strict=True):
        error = np.nan_to_num(real - one - share * (other - one))
        squared += float(np.square(error).sum())
        absolute += float(np.abs(error / unit).sum())
    return squared, absolute
