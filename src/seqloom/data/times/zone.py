"""Local time as moments that rise: what clocks show twice in autumn, and never in spring."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from seqloom.data.times.spacing import Stamps
from seqloom.errors import UsageError, did_you_mean

__all__ = ["in_utc"]


def in_utc(stamps: Stamps, zone: str) -> Stamps:
    """Local moments (T,) of a time zone in UTC, both in the order of the rows.

    Of an hour that the clocks show twice, what comes second, or is no later than what stood before it, is the second.
    UsageError for a zone that is not known.

    >>> night = np.array(["2024-10-27T01:30", "2024-10-27T02:30", "2024-10-27T02:30"], "datetime64[us]")
    >>> in_utc(night, "Europe/Berlin").astype(str).tolist()[1:]
    ['2024-10-27T00:30:00.000000', '2024-10-27T01:30:00.000000']
    """
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        raise UsageError(
            f"time_zone: expected a name such as Europe/Berlin or UTC, got {zone!r}.{did_you_mean(zone, known)}"
        ) from None
    rising = len(stamps) < 2 or bool(stamps[-1] >= stamps[0])
    rows = stamps if rising else stamps[::-1]
    found = np.empty(len(rows), "datetime64[us]")
    before = None
    for row, local in enumerate(rows.astype("datetime64[us]").tolist()):
        if local is None:
            found[row] = np.datetime64("NaT")
            continue
        moment = _utc(local, place, fold=0)
        if before is not None and moment <= before:
            moment = max(moment, _utc(local, place, fold=1))
        found[row] = before = moment
    return found if rising else found[::-1]


def _utc(local: datetime, place: ZoneInfo, fold: int) -> np.datetime64:
    moment = local.replace(tzinfo=place, fold=fold)
    away = moment.utcoffset()
    assert away is not None
    return np.datetime64(local - away, "us")
