"""How far a model is from a baseline, and whether that is more than the draw of the rows explains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Difference", "difference", "verdict"]

Rows = NDArray[np.int64]
RESAMPLES = 1000


class Difference(NamedTuple):
    """A model's figure less a baseline's, and the interval from ``low`` to ``high`` in which it lies 19 times of 20."""

    value: float
    low: float
    high: float


def difference(
    rows: int,
    model: Callable[[Rows], float],
    baseline: Callable[[Rows], float],
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Difference:
    """The difference of a figure, with its 95 % interval by a paired bootstrap over rows.

    ``model`` and ``baseline`` give the figure of some rows, by number and perhaps several times. Rows are drawn anew
    from all ``rows`` with replacement, the same for both, and the interval is that from the 2.5th to the 97.5th
    percentile of the differences (Efron, 1979). The same ``seed`` gives the same interval.

    >>> right = np.array([1.0] * 90 + [0.0] * 10)
    >>> found = difference(100, lambda rows: right[rows].mean(), lambda rows: 0.5)
    >>> round(found.value, 2), 0.3 < found.low < 0.4 < found.high < 0.5
    (0.4, True)
    """
    draw = np.random.default_rng(seed)
    drawn = [draw.integers(rows, size=rows) for _ in range(resamples)]
    found = np.array([model(some) - baseline(some) for some in drawn])
    low, high = np.percentile(found[np.isfinite(found)], [2.5, 97.5]) if np.isfinite(found).any() else (np.nan, np.nan)
    whole = np.arange(rows)
    return Difference(float(model(whole) - baseline(whole)), float(low), float(high))


def verdict(figure: str, differences: Mapping[str, Difference], higher_is_better: bool = True) -> str:
    """What a table of figures says, in a sentence: ``differences`` are those of the model to each baseline, by name.

    >>> print(verdict("accuracy", {"majority": Difference(0.3, 0.2, 0.4), "TF-IDF": Difference(0.02, -0.03, 0.07)}))
    TF-IDF is not beaten outside its interval: accuracy +0.020 (95 %: -0.030 to +0.070).
    >>> print(verdict("accuracy", {"majority": Difference(0.01, -0.02, 0.04)}))
    No baseline is beaten outside its interval. To the best, majority: accuracy +0.010 (95 %: -0.020 to +0.040).
    >>> print(verdict("mean_absolute_error", {"the mean": Difference(-0.5, -0.7, -0.3)}, higher_is_better=False))
    The best baseline, the mean, is beaten: mean absolute error -0.500 (95 %: -0.700 to -0.300).
    """
    if not differences:
        return ""
    sign = 1 if higher_is_better else -1
    name = min(differences, key=lambda one: sign * differences[one].value)
    value, low, high = differences[name]
    shown = f"{figure.replace('_', ' ')} {value:+.3f} (95 %: {low:+.3f} to {high:+.3f})."
    beaten = [one for one, (_, lower, upper) in differences.items() if (lower if higher_is_better else -upper) > 0]
    if name in beaten:
        return f"The best baseline, {name}, is beaten: {shown}"
    if beaten:
        return f"{name} is not beaten outside its interval: {shown}"
    return f"No baseline is beaten outside its interval. To the best, {name}: {shown}"
