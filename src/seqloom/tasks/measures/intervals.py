"""How far a model is from a baseline, and whether that is more than the draw of the rows explains."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.tasks.figures import none_right

__all__ = ["Difference", "Measure", "differences", "verdict"]

Rows = NDArray[np.int64]
Measure = Callable[[Rows], float]
_MOST, _FEWEST, _READ = 1000, 200, 10**8


class Difference(NamedTuple):
    """A model's figure less a baseline's, and the interval from ``low`` to ``high`` in which it lies 19 times of 20."""

    value: float
    low: float
    high: float


def differences(
    rows: int, model: Measure, baselines: Mapping[str, Measure], seed: int = 0, resamples: int | None = None
) -> dict[str, Difference]:
    """The difference of a figure to each baseline, with its 95 % interval by a paired bootstrap over rows.

    ``model`` and ``baselines`` give the figure of some rows, by number and perhaps several times. Rows are drawn anew
    from all ``rows`` with replacement, the same for all, and the interval is that from the 2.5th to the 97.5th
    percentile of the differences (Efron, 1979). The same ``seed`` gives the same interval. There are 1,000 draws, and
    fewer of more than 100,000 rows, whose intervals are narrow.

    >>> right = np.array([1.0] * 90 + [0.0] * 10)
    >>> found = differences(100, lambda rows: right[rows].mean(), {"coin": lambda rows: 0.5})["coin"]
    >>> round(found.value, 2), 0.3 < found.low < 0.4 < found.high < 0.5
    (0.4, True)
    """
    draw, whole = np.random.default_rng(seed), np.arange(rows)
    found = np.empty((resamples or max(_FEWEST, min(_MOST, _READ // rows)), len(baselines)))
    for one in found:
        some = draw.integers(rows, size=rows)
        one[:] = model(some) - np.array([baseline(some) for baseline in baselines.values()])
    value = model(whole)
    return {
        name: Difference(float(value - baseline(whole)), *_interval(found[:, k]))
        for k, (name, baseline) in enumerate(baselines.items())
    }


def _interval(found: NDArray[np.float64]) -> tuple[float, float]:
    finite = found[np.isfinite(found)]
    low, high = np.percentile(finite, [2.5, 97.5]) if len(finite) else (np.nan, np.nan)
    return float(low), float(high)


def verdict(
    figure: str, differences: Mapping[str, Difference], higher_is_better: bool = True, reached: float = math.nan
) -> str:
    """What a table of figures says, in a sentence: ``differences`` are those of the model to each baseline, by name.

    ``reached`` is the figure of the model, where 0 of a figure that grows means that nothing is right.

    >>> print(verdict("accuracy", {"majority": Difference(0.3, 0.2, 0.4), "TF-IDF": Difference(0.02, -0.03, 0.07)}))
    The best baseline, TF-IDF, is not beaten outside its interval: accuracy +0.020 (95 %: -0.030 to +0.070).
    >>> print(verdict("accuracy", {"majority": Difference(0.01, -0.02, 0.04)}))
    No baseline is beaten outside its interval. To the best, majority: accuracy +0.010 (95 %: -0.020 to +0.040).
    >>> print(verdict("accuracy", {"majority": Difference(-0.1, -0.2, -0.05)}))
    A baseline, majority, is better than the model: accuracy -0.100 (95 %: -0.200 to -0.050).
    >>> print(verdict("mean_absolute_error", {"the mean": Difference(-0.5, -0.7, -0.3)}, higher_is_better=False))
    The best baseline, the mean, is beaten: mean absolute error -0.500 (95 %: -0.700 to -0.300).
    >>> print(verdict("accuracy", {"majority": Difference(0.0, 0.0, 0.0)}, reached=0.0))
    Neither the model nor a baseline got one right: accuracy 0.000.
    """
    if not differences:
        return ""
    if higher_is_better and reached == 0 and not any(one.value for one in differences.values()):
        return none_right(figure, reached)
    sign = 1 if higher_is_better else -1
    better = [one for one, (_, lower, upper) in differences.items() if (upper if higher_is_better else -lower) < 0]
    name = min(better or differences, key=lambda one: sign * differences[one].value)
    value, low, high = differences[name]
    shown = f"{figure.replace('_', ' ')} {value:+.3f} (95 %: {low:+.3f} to {high:+.3f})."
    beaten = [one for one, (_, lower, upper) in differences.items() if (lower if higher_is_better else -upper) > 0]
    if better:
        return f"A baseline, {name}, is better than the model: {shown}"
    if name in beaten:
        return f"The best baseline, {name}, is beaten: {shown}"
    if beaten:
        return f"The best baseline, {name}, is not beaten outside its interval: {shown}"
    return f"No baseline is beaten outside its interval. To the best, {name}: {shown}"
