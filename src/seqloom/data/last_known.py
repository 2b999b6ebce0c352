"""What was last known, where values are missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["last_known"]


def last_known(values: NDArray[Any]) -> NDArray[Any]:
    """values (T, D), each NaN replaced by what was last known; NaN stays where nothing was.

    >>> last_known(np.array([[np.nan], [2.0], [np.nan], [3.0]]))[:, 0].tolist()
    [nan, 2.0, 2.0, 3.0]
    """
    at = np.where(np.isnan(values), 0, np.arange(len(values))[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(at, axis=0), axis=0)
