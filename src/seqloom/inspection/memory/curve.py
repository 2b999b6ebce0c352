"""A quantity against how far it lies in the past."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LagCurve"]

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class LagCurve:
    """How strongly what lay ``lags`` steps back sways the present; 0 is the present, below 0 lies what comes.

    ``values`` are norms, and ``errors`` the standard errors of those that were estimated from random directions, 0
    where they are exact.

    >>> curve = LagCurve(np.arange(5), 0.5 ** np.arange(5), np.zeros(5))
    >>> curve.half_life, round(curve.rate, 6), curve.lag_below(0.01)
    (1.0, 0.5, None)
    """

    lags: NDArray[np.int64]
    values: Numbers
    errors: Numbers

    @property
    def at_present(self) -> float:
        """The value at lag 0."""
        return float(self.values[self.lags == 0][0])

    @property
    def half_life(self) -> float | None:
        """The first lag at which half is left of the value at lag 0; None where more is left at the last lag."""
        return self.lag_below(0.5)

    def lag_below(self, share: float) -> float | None:
        """The first lag at which ``share`` is left of the value at lag 0, along straight lines of the logarithm."""
        past = self.lags >= 0
        lags, values = self.lags[past], self.values[past]
        floor = share * self.at_present
        if not floor > 0:
            return None
        below = np.flatnonzero(values <= floor * (1 + 1e-12))
        if not len(below):
            return None
        after = int(below[0])
        if after == 0 or values[after] == 0:
            return float(lags[after])
        high, low = math.log(values[after - 1]), math.log(values[after])
        part = (high - math.log(floor)) / (high - low)
        return float(lags[after - 1] + part * (lags[after] - lags[after - 1]))

    @property
    def rate(self) -> float:
        """The factor from each lag to the next, by least squares through the logarithms; nan for less than two lags.

        Lags whose value is lost in rounding, below 1e-12 of the largest, are left out.
        """
        kept = (self.lags > 0) & (self.values > 1e-12 * self.values.max(initial=0.0))
        if kept.sum() < 2:
            return math.nan
        slope, _ = np.polyfit(self.lags[kept], np.log(self.values[kept]), 1)
        return float(math.exp(slope))
