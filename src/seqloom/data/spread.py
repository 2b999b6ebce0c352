"""A few figures for many numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["spread"]


def spread(values: NDArray[Any]) -> dict[str, float]:
    """The least of some values (N,), their median, what 95 % of them are up to, and the largest.

    >>> spread(np.array([1, 2, 9]))["median"]
    2.0
    """
    least, median, most_of, largest = np.quantile(values, [0, 0.5, 0.95, 1])
    return {"least": float(least), "median": float(median), "95_percent": float(most_of), "largest": float(largest)}
