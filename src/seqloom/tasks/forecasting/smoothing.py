"""Exponential smoothing as a forecast to beat, where statsforecast is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.last_known import last_known
from seqloom.tasks.forecasting.windows import Window

__all__ = ["Smoothing", "can_smooth"]

Floats = NDArray[np.float64]
_MOST_COLUMNS: Final = 10
_MOST_STEPS: Final = 1000
_MOST_SEASON: Final = 24
_FEWEST: Final = 10
_ANEW: Final = 1.5


def can_smooth(columns: int) -> bool:
    """Whether statsforecast is there, and so many columns of all series do not take too long."""
    return columns <= _MOST_COLUMNS and find_spec("statsforecast") is not None


class Smoothing:
    """``smoothing(window)`` → (N, H, D): of each column the model among those of exponential smoothing that an
    information criterion prefers (Hyndman & Khandakar, 2008), statsforecast's ``AutoETS``.

    It is fitted to what was known at the first origin, the last 1,000 values at most, and anew whenever half as much
    again is known; between, its parameters stay, and it reads on. Seasons of more than 24 steps are none to it. Of
    fewer than ten values, or where they are all the same, it says the last.
    """

    def __init__(self) -> None:
        self._fitted: dict[tuple[int, int], tuple[int, Any]] = {}

    def __call__(self, window: Window) -> Floats:
        known, horizon = last_known(window.series.values[: window.end]), window.sizes.horizon
        found = np.repeat(window.present[:, None], horizon, 1)
        for column in range(known.shape[1]):
            begin = int(np.isnan(known[:, column]).sum())
            for place, at in enumerate(window.at.tolist()):
                came = known[begin : at + 1, column]
                if len(came) >= _FEWEST and came.min() < came.max():
                    model = self._model(window, column, came)
                    found[place, :, column] = model.forward(came[-_MOST_STEPS:], horizon)["mean"]
        return found

    def _model(self, window: Window, column: int, came: Floats) -> Any:
        from statsforecast.models import AutoETS

        steps, model = self._fitted.get((id(window.series), column), (0, None))
        if model is None or len(came) >= _ANEW * steps:
            season = window.sizes.season
            model = AutoETS(season_length=season if season <= _MOST_SEASON else 1).fit(came[-_MOST_STEPS:])
            self._fitted[id(window.series), column] = len(came), model
        return model
