"""How far ahead, how far back, and after how many steps things come again, by how far apart steps are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from seqloom.data.times import Spacing
from seqloom.data.times.spacing import Even, Months, Workdays

__all__ = ["Sizes", "sizes_for", "training_for"]

_HOUR, _DAY = 3600.0, 86_400.0
_LONGEST: Final = 1024
_MOST: Final = 1 << 14
"""Steps of a season, as its setting allows."""
_UPDATES: Final = 300


class Sizes(NamedTuple):
    """Steps: ahead, read, of a season, of the linear model, and origins of a window."""

    horizon: int
    past: int
    season: int
    lags: int
    origins: int


def sizes_for(spacing: Spacing | None, longest: int, given: Mapping[str, Any]) -> Sizes:
    """Sizes for series of which the ``longest`` has so many steps; what is given stays.

    >>> sizes_for(Even(3600.0), 10_000, {"horizon": 48})
    Sizes(horizon=48, past=672, season=24, lags=336, origins=250)
    """
    season = given.get("season") or _season(spacing)
    cycle = _cycle(spacing, season)
    horizon = given.get("horizon") or max(1, min(max(season, 12 if season == 1 else season), longest // 8))
    past = given.get("past") or min(_LONGEST, max(4 * cycle, 4 * season, 2 * horizon, 32), max(longest - 1, 1))
    lags = given.get("lags")
    if lags is None:
        lags = min(max(2 * cycle, season, 8), past // 2, max(longest // 6, 1))
    origins = max(1, min(past // 2, longest // 40))
    return Sizes(horizon, past, season, lags, origins)


def training_for(windows: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """How so many windows are learned from: about 300 updates of the rows that are ``given``, or of a 16th of all.

    >>> training_for(40, {})["epochs"], training_for(40, {"batch_size": 32})["epochs"]
    (60, 150)
    """
    rows = given.get("batch_size") or next(rows for rows in (8, 16, 32, 64) if rows >= min(windows / 16, 64))
    epochs = min(200, max(3, round(_UPDATES / -(-windows // rows))))
    return {"batch_size": rows, "learning_rate": 1e-3, "averaging": 0.5, "epochs": epochs}


def _season(spacing: Spacing | None) -> int:
    """Steps of a day for what is faster, of a week for days, of a year for months; 1 where nothing is known, and where
    a day has more steps than a season may have.

    >>> _season(Even(60.0)), _season(Even(1.0))
    (1440, 1)
    """
    if isinstance(spacing, Months):
        return max(1, 12 // spacing.months)
    if isinstance(spacing, Workdays):
        return 5
    if isinstance(spacing, Even) and spacing.clock:
        if spacing.seconds == _DAY:
            return 7
        if spacing.seconds < _DAY and _DAY % spacing.seconds == 0 and _MOST * spacing.seconds >= _DAY:
            return int(_DAY / spacing.seconds)
        if spacing.seconds == 7 * _DAY:
            return 52
    return 1


def _cycle(spacing: Spacing | None, season: int) -> int:
    """Steps of the longer cycle that is worth to look back at: a week for what is faster than a day."""
    if isinstance(spacing, Even) and spacing.clock and spacing.seconds < _DAY:
        return min(int(7 * _DAY / spacing.seconds), _LONGEST // 2)
    return season
