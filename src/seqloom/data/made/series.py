"""Made series of numbers: sales with a season and a trend, and prices that may or may not be told in advance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqloom.data.draws import Purpose, generator

__all__ = ["made_prices", "made_series"]

_EXPLAINED = 0.05


def made_series(months: int, seed: int) -> NDArray[np.float64]:
    """Monthly values (T,): a level that grows, times a season that grows with it, times noise of 2 %.

    >>> made_series(3, seed=0).round(0).tolist() == made_series(5, seed=0)[:3].round(0).tolist()
    True
    """
    draw = generator(seed, Purpose.MADE)
    growth, level = draw.uniform(0.004, 0.01), draw.uniform(90, 140)
    season = draw.normal(0, 0.1, 12)
    time = np.arange(months)
    found: NDArray[np.float64] = level * np.exp(growth * time + season[time % 12] + 0.02 * draw.normal(size=months))
    return found


def made_prices(days: int, seed: int, signal: bool = False) -> NDArray[np.float64]:
    """Daily prices (T,): the logarithm is a random walk whose steps are 1 % large.

    With a ``signal`` 5 % of the variance of a step is a multiple of the step before; without one nothing tells of the
    next step.

    >>> made_prices(3, seed=0)[0], len(made_prices(3, seed=0, signal=True))
    (100.0, 3)
    """
    draw = generator(seed, Purpose.MADE, int(signal))
    steps, share = draw.normal(size=days), np.sqrt(_EXPLAINED) if signal else 0.0
    for day in range(1, days):
        steps[day] = share * steps[day - 1] + np.sqrt(1 - share**2) * steps[day]
    found: NDArray[np.float64] = 100 * np.exp(0.01 * np.concatenate([[0.0], steps[1:].cumsum()]))
    return found
