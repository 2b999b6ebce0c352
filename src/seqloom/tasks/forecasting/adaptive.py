"""Intervals that follow a series where it changes: moved a little by each value that came inside or outside of them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from seqloom.tasks.forecasting.correction import LEVELS, MEDIAN, Correction

__all__ = ["Adaptive"]

Floats = NDArray[np.float64]
_RATE: Final = 0.25
_MOST: Final = 0.2
_LEVELS: Final = np.array(LEVELS)[:, None, None]


class Adaptive:
    """The correction of one series as it goes on: c_l(h) ← c_l(h) + η(h) (l - [x ≤ q'_l(h)]) for each forecast that was
    made h steps before x came, of each column by itself.

    This is online gradient descent on the pinball loss: the share of values below q'_l comes near to l whatever the
    series does (Gibbs & Candès, 2021; in place of the level itself its quantile moves, as in Angelopoulos, Candès &
    Tibshirani, 2023, "Conformal PID control"). η = min(1 / (4 √N), 1 / (5 h)) where N origins were held out: a step is
    about as large as what so many cannot tell, and slow enough for what is known only h steps later. Without held-out
    origins nothing moves. The median stays.
    """

    def __init__(self, correction: Correction, columns: int) -> None:
        self._correction = correction
        horizon = correction.shifts.shape[1]
        slow = _RATE / np.sqrt(max(correction.origins, 1)) * (correction.origins > 0)
        rates = np.minimum(slow, _MOST / np.arange(1, horizon + 1))[:, None]
        self._rates = rates * (np.arange(len(LEVELS)) != MEDIAN)[:, None, None]
        self._issued = np.full((horizon, len(LEVELS), horizon, columns), np.nan)  # by the step they are of
        self._ahead = np.arange(horizon)

    def forecast(self, step: int, quantiles: Floats) -> Floats:
        """The quantiles (L, H, D) that the network says at a step → the corrected ones, which are remembered."""
        found = self._correction.corrected(quantiles)
        due = (step + 1 + self._ahead) % len(self._ahead)
        self._issued[due, :, self._ahead] = found.swapaxes(0, 1)
        return found

    def came(self, step: int, values: Floats) -> None:
        """What came at a step (D,), NaN where it is missing, in the units of the quantiles."""
        due = self._issued[step % len(self._ahead)]
        moved = np.where(np.isnan(due + values), 0.0, _LEVELS - (values <= due))
        self._correction = self._correction._replace(shifts=self._correction.shifts + self._rates * moved)
        due[:] = np.nan
