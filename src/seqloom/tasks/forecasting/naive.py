"""Forecasts that need no learning: what every model is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from seqloom.data.last_known import last_known
from seqloom.tasks.forecasting.smoothing import Smoothing, can_smooth
from seqloom.tasks.forecasting.windows import Window

__all__ = ["drift", "last_value", "naive", "season_before", "season_grown"]

Floats = NDArray[np.float64]
Forecast = Callable[[Window], Floats]


def last_value(window: Window) -> Floats:
    """The present value again, (N, H, D)."""
    return np.repeat(window.present[:, None], window.sizes.horizon, 1)


def season_before(window: Window) -> Floats:
    """The value of the last season's same step, (N, H, D); the present one where the series has not begun yet."""
    known = np.nan_to_num(last_known(window.series.values[: window.end]))
    ahead = np.arange(1, window.sizes.horizon + 1)
    season = window.sizes.season
    back = ahead - season * -(-ahead // season)
    at = window.at[:, None] + back
    found: Floats = np.where((at >= 0)[..., None], known[at.clip(0)], window.present[:, None])
    return found


def drift(window: Window) -> Floats:
    """The line through the first value and the present one, (N, H, D) (Hyndman & Athanasopoulos, 2021, sec. 5.2)."""
    known = np.nan_to_num(last_known(window.series.values[: window.end]))
    begin = int((~np.isnan(window.series.values)).any(1).argmax())
    steps = (window.at - begin).clip(1)[:, None]
    slope = (window.present - known[begin]) / steps
    found: Floats = window.present[:, None] + slope[:, None] * np.arange(1, window.sizes.horizon + 1)[:, None]
    return found


def season_grown(window: Window) -> Floats:
    """The same times growth, (N, H, D): the mean of the last season over that of the season before it, to the power of
    how many seasons back the value is from; plus their difference, where a value so far is not above 0."""
    season, came = window.sizes.season, last_known(window.series.values[: window.end])
    lowest = np.minimum.accumulate(np.where(np.isnan(came), np.inf, came))[window.at]
    known = np.nan_to_num(came)
    sums = np.concatenate([np.zeros((1, known.shape[1])), known.cumsum(0)])
    at = window.at + 1
    last, before = ((sums[end.clip(0)] - sums[(end - season).clip(0)]) / season for end in (at, at - season))
    seasons = -(-np.arange(1, window.sizes.horizon + 1) // season)[None, :, None]
    whole = (at >= 2 * season)[:, None, None]
    last, before = last[:, None], before[:, None]
    positive = whole & (lowest[:, None] > 0) & (before > 0)
    growth = np.where(positive, last / np.where(positive, before, 1.0), 1.0) ** seasons
    rise = np.where(whole & ~positive, last - before, 0.0) * seasons
    found: Floats = season_before(window) * growth + rise
    return found


def naive(windows: Sequence[Window]) -> Mapping[str, Forecast]:
    """Those that make sense for some windows by name, the simplest first."""
    sizes = windows[0].sizes
    columns = sum(one.series.values.shape[1] for one in {id(window.series): window for window in windows}.values())
    grown = {"last season and growth": season_grown} if sizes.season > 1 else {}
    smooth = {"exponential smoothing": Smoothing()} if can_smooth(columns) else {}
    return {"last value": last_value, "last season": season_before, "drift": drift, **grown, **smooth}
