"""Figures of answers that are numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from seqloom.errors import UsageError

__all__ = ["figures_of_numbers"]


def figures_of_numbers(true: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """``mean_absolute_error``, ``root_mean_squared_error`` and ``r2`` = 1 − Σ(y − ŷ)² / Σ(y − mean)² of numbers (N,).

    R² is nan where all of ``true`` are equal. Raises UsageError for numbers of different count, or none.

    >>> {name: round(value, 3) for name, value in figures_of_numbers([1.0, 2.0, 4.0], [1.0, 2.0, 2.0]).items()}
    {'mean_absolute_error': 0.667, 'root_mean_squared_error': 1.155, 'r2': 0.143}
    """
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    y, answers = (np.asarray(values, dtype=np.float64).reshape(-1) for values in (true, predicted))
    if len(y) != len(answers) or not len(y):
        raise UsageError(f"predicted: expected as many numbers as there are targets, {len(y)}, got {len(answers)}.")
    return {
        "mean_absolute_error": float(mean_absolute_error(y, answers)),
        "root_mean_squared_error": float(root_mean_squared_error(y, answers)),
        "r2": float(r2_score(y, answers)) if np.ptp(y) > 0 else float("nan"),
    }
