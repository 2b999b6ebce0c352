"""Where a regressor errs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.inspection.errors import Mistake, Mistakes, worst
from seqloom.inspection.errors.breakdown import by_quarters

__all__ = ["mistakes_of_numbers"]

_UNIT = "absolute error"


def mistakes_of_numbers(
    read: Sequence[str], lengths: Sequence[int], y: ArrayLike, said: ArrayLike, beside: Mapping[str, NDArray[Any]]
) -> Mistakes:
    """Of N rows, as they were ``read`` and how long they are, the numbers ``y``, and what was ``said``, also by simple
    models. A row costs |y − ŷ|.
    """
    true, answers = np.asarray(y, np.float64), np.asarray(said, np.float64)
    costs = np.abs(true - answers)
    others = {name: np.abs(true - one) for name, one in beside.items()}
    best = {name: others[name] for name in sorted(others, key=lambda one: others[one].mean())[:1]}
    return Mistakes(
        [by_quarters("true number", true, costs, _UNIT, best), by_quarters("length", lengths, costs, _UNIT, best)],
        [Mistake(k, read[k], f"{true[k]:.4g}", f"{answers[k]:.4g}", float(costs[k])) for k in worst(costs)],
    )
