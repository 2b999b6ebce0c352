"""Made pairs: dates in many ways of writing with their ISO form, and sums with what they come to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import numpy as np

from seqloom.data.draws import Purpose, generator
from seqloom.data.made.words import words

__all__ = ["WAYS", "made_dates", "made_sums"]

_FIRST: Final = date(1900, 1, 1)
_DAYS: Final = 73_414
"""Up to 2100."""
_MONTHS: Final = words("January February March April May June July August September October November December")
_WEEKDAYS: Final = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_ROMAN: Final = words("I II III IV V VI VII VIII IX X XI XII")
_LARGEST: Final = 1000


def _ordinal(day: int) -> str:
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _m(when: date) -> str:
    return _MONTHS[when.month - 1]


def _w(when: date) -> str:
    return _WEEKDAYS[when.weekday()]


WAYS: Final[tuple[Callable[[date], str], ...]] = (
    lambda d: f"{d.day} {_m(d)} {d.year}",
    lambda d: f"{d.day:02d} {_m(d)} {d.year}",
    lambda d: f"{_m(d)} {d.day}, {d.year}",
    lambda d: f"{_m(d)[:3]} {d.day}, {d.year}",
    lambda d: f"{d.day} {_m(d)[:3]} {d.year}",
    lambda d: f"{d.day}-{_m(d)[:3]}-{d.year}",
    lambda d: f"{d.day:02d}-{_m(d)[:3].upper()}-{d.year}",
    lambda d: f"{_ordinal(d.day)} {_m(d)} {d.year}",
    lambda d: f"{_ordinal(d.day)} of {_m(d)}, {d.year}",
    lambda d: f"the {_ordinal(d.day)} of {_m(d)} {d.year}",
    lambda d: f"{_m(d)} {_ordinal(d.day)}, {d.year}",
    lambda d: f"{_m(d)} the {_ordinal(d.day)}, {d.year}",
    lambda d: f"{_w(d)}, {d.day} {_m(d)} {d.year}",
    lambda d: f"{_w(d)}, {_m(d)} {d.day}, {d.year}",
    lambda d: f"{_w(d)[:3]} {d.day} {_m(d)[:3]} {d.year}",
    lambda d: f"{_w(d)[:3]}, {_ordinal(d.day)} {_m(d)[:3]} {d.year}",
    lambda d: f"{_w(d).lower()} {_m(d).lower()} {d.day} {d.year}",
    lambda d: f"{_m(d).upper()} {d.day} {d.year}",
    lambda d: f"{d.day} {_m(d).lower()} {d.year}",
    lambda d: f"{d.year} {_m(d)} {d.day}",
    lambda d: f"{d.year}, {_m(d)[:3]} {d.day:02d}",
    lambda d: f"{d.year}-{_m(d)[:3]}-{d.day:02d}",
    lambda d: f"{d.day}.{d.month}.{d.year}",
    lambda d: f"{d.day:02d}.{d.month:02d}.{d.year}",
    lambda d: f"{d.day}. {_m(d)} {d.year}",
    lambda d: f"{d.day}. {d.month}. {d.year}",
    lambda d: f"{d.month}/{d.day}/{d.year}",
    lambda d: f"{d.month:02d}/{d.day:02d}/{d.year}",
    lambda d: f"{d.year}/{d.month:02d}/{d.day:02d}",
    lambda d: f"{d.year}.{d.month}.{d.day}",
    lambda d: f"{d.year}{d.month:02d}{d.day:02d}",
    lambda d: f"{d.day} {_ROMAN[d.month - 1]} {d.year}",
    lambda d: f"{d.day}.{_ROMAN[d.month - 1]}.{d.year}",
    lambda d: f"day {d.day} of {_m(d)} {d.year}",
    lambda d: f"{_m(d)[:3]}. {d.day} {d.year}",
    lambda d: f"on {_w(d)} {_ordinal(d.day)} {_m(d)} {d.year}",
)
"""Each tells its date alone: a point parts day and month, a stroke month and day."""


def made_dates(rows: int, seed: int) -> list[tuple[str, str]]:
    """``rows`` dates between 1900 and 2100, all different while there are such, in one of the ``WAYS`` and as ISO 8601.

    A function of both arguments.

    >>> made_dates(2, seed=0)
    [('Oct 4, 2080', '2080-10-04'), ('October 20th, 1995', '1995-10-20')]
    """
    draw = generator(seed, Purpose.MADE)
    days = np.concatenate([draw.permutation(_DAYS) for _ in range(-(-rows // _DAYS))])[:rows]
    dates = [_FIRST + timedelta(days=int(day)) for day in days]
    ways = draw.integers(len(WAYS), size=rows)
    return [(WAYS[way](when), when.isoformat()) for way, when in zip(ways.tolist(), dates, strict=True)]


def made_sums(rows: int, seed: int) -> list[tuple[str, str]]:
    """``rows`` sums of two numbers of up to three digits, all different while there are such, and their values.

    >>> made_sums(2, seed=0)
    [('451+49', '500'), ('412+92', '504')]
    """
    draw = generator(seed, Purpose.MADE)
    numbers = draw.choice(_LARGEST**2, size=rows, replace=rows > _LARGEST**2)
    pairs = [divmod(int(number), _LARGEST) for number in numbers]
    return [(f"{a}+{b}", str(a + b)) for a, b in pairs]
