"""How far apart the steps of a series are, and which moments follow its last one."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Even", "Months", "Rows", "Spacing", "Stamps", "Workdays", "find_spacing", "spacing_from_json"]

Stamps = NDArray[Any]
"""Moments (T,), datetime64[us] without a zone, or numbers; they rise."""
_MOST_GAPS: Final = 0.3
"""From this share of steps missing on, what looks like a clock is none: an exchange closes, a sensor sleeps."""
_ENOUGH: Final = 10
"""Days without a weekend that make it no accident."""
_DAY: Final = np.timedelta64(1, "D")
_UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


class Spacing(ABC):
    """The steps of a series among the moments of its rows."""

    kind: ClassVar[str]

    @abstractmethod
    def places(self, stamps: Stamps) -> NDArray[np.int64] | None:
        """The step (T,) of each moment, counted from the first one; None where a moment is between two steps."""

    @abstractmethod
    def after(self, stamps: Stamps, count: int) -> Stamps:
        """The moments (count,) of the next steps."""

    @abstractmethod
    def numbers(self, stamps: Stamps) -> NDArray[np.int64]:
        """The step (T,) of each moment, counted from one moment for all series."""

    def to_json(self) -> dict[str, Any]:
        """All that :func:`spacing_from_json` needs."""
        return {"kind": self.kind, **vars(self)}


@final
@dataclass(frozen=True)
class Even(Spacing):
    """A step every so many ``seconds`` of a ``clock``, or units of numbers."""

    seconds: float
    clock: bool = True
    kind = "even"

    def places(self, stamps: Stamps) -> NDArray[np.int64] | None:
        steps = _seconds(stamps - stamps[0]) / self.seconds
        places: NDArray[np.int64] = np.rint(steps).astype(np.int64)
        return places if np.all(np.abs(steps - places) < 0.01) else None

    def after(self, stamps: Stamps, count: int) -> Stamps:
        steps = self.seconds * np.arange(1, count + 1)
        return np.asarray(stamps[-1] + (_moments(steps) if self.clock else steps), stamps.dtype)

    def numbers(self, stamps: Stamps) -> NDArray[np.int64]:
        seconds = _seconds(stamps - np.datetime64(0, "us")) if self.clock else stamps
        return np.floor(seconds / self.seconds + 0.01).astype(np.int64)

    def __str__(self) -> str:
        for size, name in _UNITS if self.clock else ():
            if self.seconds % size == 0:
                count = int(self.seconds // size)
                return f"a step every {name}" if count == 1 else f"a step every {count} {name}s"
        return f"a step every {self.seconds:g}"


@final
@dataclass(frozen=True)
class Months(Spacing):
    """A step every so many ``months``, on one day of the month or on its last."""

    months: int
    kind = "months"

    def places(self, stamps: Stamps) -> NDArray[np.int64] | None:
        months = _month(stamps)
        places: NDArray[np.int64] = (months - months[0]) // self.months
        return places if np.all(places * self.months == months - months[0]) else None

    def after(self, stamps: Stamps, count: int) -> Stamps:
        first = stamps[-1].astype("datetime64[M]") + self.months * np.arange(1, count + 1)
        last_days = first + 1 - _DAY
        within = stamps[-1] - stamps[-1].astype("datetime64[M]")
        on_last = last_days + within % _DAY
        found = on_last if np.all(_is_last_day(stamps)) else np.minimum(first + within, on_last)
        return np.asarray(found, stamps.dtype)

    def numbers(self, stamps: Stamps) -> NDArray[np.int64]:
        return _month(stamps) // self.months

    def __str__(self) -> str:
        return {1: "a step every month", 3: "a step every quarter", 12: "a step every year"}.get(
            self.months, f"a step every {self.months} months"
        )


@final
@dataclass(frozen=True)
class Workdays(Spacing):
    """A step for each row, from Monday to Friday: weekends and holidays are no gap."""

    kind = "workdays"

    def places(self, stamps: Stamps) -> NDArray[np.int64] | None:
        return np.arange(len(stamps), dtype=np.int64)

    def after(self, stamps: Stamps, count: int) -> Stamps:
        last = stamps[-1].astype("datetime64[D]")
        following = np.busday_offset(last, np.arange(1, count + 1), roll="backward")
        return np.asarray(following + (stamps[-1] - last), stamps.dtype)

    def numbers(self, stamps: Stamps) -> NDArray[np.int64]:
        return np.busday_count("1970-01-05", stamps.astype("datetime64[D]")).astype(np.int64)

    def __str__(self) -> str:
        return "a step every working day, weekends and holidays left out"


@final
@dataclass(frozen=True)
class Rows(Spacing):
    """A step for each row, however far they are apart; what follows is as far as the median."""

    kind = "rows"

    def places(self, stamps: Stamps) -> NDArray[np.int64] | None:
        return np.arange(len(stamps), dtype=np.int64)

    def after(self, stamps: Stamps, count: int) -> Stamps:
        apart = float(np.median(_seconds(np.diff(stamps)))) if len(stamps) > 1 else 1.0
        return Even(apart, stamps.dtype.kind == "M").after(stamps, count)

    def numbers(self, stamps: Stamps) -> NDArray[np.int64]:
        return np.arange(len(stamps), dtype=np.int64)

    def __str__(self) -> str:
        return "a step for each row: the times between them differ"


_KINDS: Final[dict[str, Callable[..., Spacing]]] = {one.kind: one for one in (Even, Months, Workdays, Rows)}


def spacing_from_json(data: dict[str, Any]) -> Spacing:
    """The inverse of ``to_json``."""
    return _KINDS[data["kind"]](**{name: value for name, value in data.items() if name != "kind"})


def find_spacing(stamps: Stamps) -> Spacing:
    """How far apart moments are that rise: the commonest distance, where all others are multiples of it.

    >>> days = np.array(["2024-01-04", "2024-01-05", "2024-01-07", "2024-01-08"], "datetime64[us]")
    >>> str(find_spacing(days)), str(find_spacing(np.array([0.0, 0.5, 1.5, 2.0])))
    ('a step every day', 'a step every 0.5')
    """
    if len(stamps) < 2:
        return Rows()
    if stamps.dtype.kind == "M" and (months := _months_between(stamps)):
        return Months(months)
    apart, counts = np.unique(np.round(_seconds(np.diff(stamps)), 6), return_counts=True)
    usual = float(apart[counts.argmax()])
    if stamps.dtype.kind == "M" and usual == 86_400 and _is_no_weekend(stamps):
        return Workdays()
    even = Even(usual, stamps.dtype.kind == "M")
    places = even.places(stamps)
    return Rows() if places is None or 1 - len(stamps) / (places[-1] + 1) > _MOST_GAPS else even


def _seconds(spans: NDArray[Any]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = spans / np.timedelta64(1, "s") if spans.dtype.kind == "m" else spans.astype(float)
    return found


def _moments(seconds: NDArray[np.floating[Any]]) -> NDArray[Any]:
    found: NDArray[Any] = np.rint(seconds * 1e6).astype("timedelta64[us]")
    return found


def _month(stamps: Stamps) -> NDArray[np.int64]:
    return stamps.astype("datetime64[M]").astype(np.int64)


def _is_last_day(stamps: Stamps) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (stamps + _DAY).astype("datetime64[M]") > stamps.astype("datetime64[M]")
    return found


def _months_between(stamps: Stamps) -> int:
    """How many months lie between two steps; 0 where they do not stand on one day of the month, or on the last."""
    days = (stamps.astype("datetime64[D]") - stamps.astype("datetime64[M]").astype("datetime64[D]")).astype(int)
    if len(set(days.tolist())) > 1 and not np.all(_is_last_day(stamps)):
        return 0
    return math.gcd(*np.diff(_month(stamps)).tolist())


def _is_no_weekend(stamps: Stamps) -> bool:
    return len(stamps) >= _ENOUGH and bool(np.is_busday(stamps.astype("datetime64[D]")).all())
