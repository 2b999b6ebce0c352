"""Dates as people write them, and which readings a spelling has: the day or the month first."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from enum import IntFlag
from typing import Final

__all__ = ["Order", "date", "names_zone", "orders"]

_TIME: Final = (
    r"(?:(?:T| (?=\s*\d{1,2}\s*(?::|[AaPp][Mm])))\s*(?P<hour>\d{1,2})"
    r"(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_YEAR: Final = re.compile(rf"\s*(?P<a>\d{{4}})(?P<by>[-/.])(?P<b>\d{{1,2}})(?P=by)(?P<c>\d{{1,2}}){_TIME}\s*")
_OTHER: Final = re.compile(rf"\s*(?P<a>\d{{1,2}})(?P<by>[-/.])(?P<b>\d{{1,2}})(?P=by)(?P<c>\d{{4}}|\d{{2}}){_TIME}\s*")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED: Final = re.compile(
    rf"\s*(?:(?P<b>[A-Za-z]{{3,9}})\.?[ -]+(?P<a>\d{{1,2}})|(?P<a2>\d{{1,2}})\.?[ -]+(?P<b2>[A-Za-z]{{3,9}}))"
    rf"\.?,?[ -]+(?P<c>\d{{4}}){_TIME}\s*"
)
_SPELLINGS: Final = (_YEAR, _OTHER, _NAMED)


class Order(IntFlag):
    """In which order a date has its parts."""

    YEAR_FIRST = 1
    DAY_FIRST = 2
    MONTH_FIRST = 4

    def __str__(self) -> str:
        return {1: "year-first", 2: "day-first", 4: "month-first"}[self.value]


def orders(cell: str) -> Order:
    """Under which readings a cell is a date: none for other text. With points the day always comes first.

    >>> [int(orders(cell)) for cell in ("2024-02-30", "2024-02-03", "3/2/2024", "13/2/2024", "3.2.24", "Feb 3, 2024")]
    [0, 1, 6, 2, 2, 2]
    >>> [int(orders(cell)) for cell in ("2024-02-03T05", "2024-02-03 5 pm", "2024-02-03 5", "2024-02-03T25")]
    [1, 1, 0, 0]
    """
    found = Order(0)
    for order in Order:
        if _parts(cell, order) is not None:
            found |= order
    return found


def date(cell: str, order: Order) -> datetime:
    """The moment that a date names under this reading, in UTC where it has no zone.

    >>> date("3/2/2024 1:30 PM", Order.MONTH_FIRST).hour, date("2024-03-02T01:30:00+01:00", Order.YEAR_FIRST).hour
    (13, 0)
    """
    found = _parts(cell, order)
    assert found is not None
    return found


def names_zone(cell: str) -> bool:
    """Whether a date says in which time zone it is.

    >>> [names_zone(cell) for cell in ("2024-03-02T01:30+01:00", "2024-03-02 01:30 Z", "2024-03-02", "02-03-2024")]
    [True, True, False, False]
    """
    return any(found is not None and bool(found["zone"]) for found in (one.fullmatch(cell) for one in _SPELLINGS))


def _parts(cell: str, order: Order) -> datetime | None:
    if not 6 <= len(cell) <= 40 or not any(map(str.isdecimal, cell)):
        return None
    if order == Order.YEAR_FIRST:
        found = _YEAR.fullmatch(cell)
        year, month, day = (found[name] for name in "abc") if found else ("", "", "")
    elif found := _OTHER.fullmatch(cell):
        if found["by"] == "." and order == Order.MONTH_FIRST:
            return None
        day, month = (found["a"], found["b"]) if order == Order.DAY_FIRST else (found["b"], found["a"])
        year = found["c"]
    elif order == Order.DAY_FIRST and (found := _NAMED.fullmatch(cell)):
        name = (found["b"] or found["b2"])[:3].lower()
        month = str(_MONTHS.index(name) + 1) if name in _MONTHS else "0"
        day, year = found["a"] or found["a2"], found["c"]
    if found is None:
        return None
    try:
        return _moment(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day), found)
    except ValueError:
        return None


def _moment(year: int, month: int, day: int, found: re.Match[str]) -> datetime:
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + 12 * (found["half"].lower() == "pm")
    micro = int((found["fraction"] or "0").ljust(6, "0")[:6])
    moment = datetime(year, month, day, hour, minute, second, micro)
    zone = found["zone"]
    if zone and zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) * (-1 if zone[0] == "-" else 1)
        moment = moment.replace(tzinfo=timezone(away)).astimezone(UTC).replace(tzinfo=None)
    return moment
