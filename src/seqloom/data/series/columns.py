"""Which columns of a table with a step a row say whose step it is, when it was, and what its label is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.one_target import refuse_several
from seqloom.data.tables import Column, Kind, Table
from seqloom.data.tables.grouping import rows_by_value
from seqloom.data.tables.names import CODES, is_target, meant
from seqloom.errors import DataError, did_you_mean

__all__ = ["Columns", "find_columns", "rows_by_id", "unchanging"]

_IDS: Final = (
    *("id", "sample", "sample_id", "recording", "series", "series_id", "case", "case_id", "case:concept:name"),
    *("unit", "unit_number", "machine", "device", "engine", "subject", "patient", "session", "trial"),
    *("gerät", "geraet", "maschine"),
)
_THINGS: Final = frozenset(
    (
        *("sample", "recording", "series", "case", "unit", "machine", "device", "engine", "subject", "patient"),
        *("session", "trial", "epoch", "cell", "battery", "vehicle", "customer", "user", "person", "run", "asset"),
        *("equipment", "sensor", "bearing", "gerät", "geraet", "maschine"),
    )
)
_NUMBERS: Final = ("id", "nr", "no", "num", "number", "name", "#")
_TIMES: Final = (
    *("time", "timestamp", "t", "step", "date", "datetime", "time:timestamp", "ts", "cycle", "cycles"),
    *("zeit", "zeitstempel", "uhrzeit", "datum"),
)
_CLOCKS: Final = frozenset(
    (*_TIMES, "tick", "frame", "hour", "hours", "day", "days", "minute", "minutes", "second", "seconds", "sample")
)
_LABELS: Final = ("label", "class", "target", "state", "outcome", "status")


@final
@dataclass(frozen=True)
class Columns:
    """Which columns of a table say whose step a row is, when it is, and what its label is; None for none.

    ``channels`` are the columns to learn from, all others where it is empty; ``categories`` those of them whose numbers
    are names.
    """

    id: str | None = None
    time: str | None = None
    label: str | None = None
    channels: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


def find_columns(table: Table, given: Columns, learned: Sequence[str] = ()) -> Columns:
    """The columns as given, what is not said found; DataError for one that is not there.

    An id and a time are found by usual names; a time also by a name like ``event_time`` if it grows within each id, or
    as the only dates. A label is found by its name, or is the only column that says one thing in all rows of an id, and
    not the same of all: none of the channels that were ``learned``.
    """
    names = [*table.columns]
    refuse_several(given.label, names)
    named = (given.id, given.time, given.label, *given.channels)
    by_meaning = {meant(name): name for name in reversed(names) if name not in named and name not in learned}

    def all_usual(known: Sequence[str], alike: Callable[[str], bool] = lambda name: False) -> list[str]:
        sure = [by_meaning[name] for name in known if name in by_meaning]
        return sure or [name for plain, name in reversed(by_meaning.items()) if alike(plain)]

    def usual(known: Sequence[str], alike: Callable[[str], bool] = lambda name: False) -> str | None:
        return next(iter(all_usual(known, alike)), None)

    ids = [given.id] if given.id else all_usual(_IDS, _names_a_thing)
    whole = [name for name in ids if name in names and _in_one_piece(table, name)] if len(ids) > 1 else ids
    found = replace(given, id=next(iter(whole or ids), None))
    found = replace(found, time=given.time or usual(_TIMES) or _clock(table, found, learned))
    found = replace(found, label=given.label or usual(_LABELS, lambda name: is_target(name) and name != "y"))
    taken = (found.id, found.time, found.label)
    for name in (*taken, *found.channels, *found.categories):
        if name is not None and name not in names:
            raise DataError(f"There is no column {name!r}; there are {', '.join(names)}.{did_you_mean(name, names)}")
    if found.label is None and found.id is not None:
        told = unchanging(table, found, learned)
        found = replace(found, label=told[0] if len(told) == 1 else None)
    left = tuple(name for name in names if name not in (found.id, found.time, found.label))
    return replace(found, channels=found.channels or left)


def unchanging(table: Table, columns: Columns, learned: Sequence[str] = ()) -> list[str]:
    """The columns that say one thing in all rows of an id, and not the same of all ids."""
    assert columns.id is not None
    ids = list(map(str.strip, table.cells(columns.id)))
    whose = set(ids)
    taken = {columns.id, columns.time, *columns.channels, *learned}
    if not 1 < len(whose) <= len(ids) / 2:
        return []
    found = []
    for name, column in table.columns.items():
        if name in taken or column.distinct is None or not 1 < column.distinct <= len(whose):
            continue
        pairs = {(one, cell.strip()) for one, cell in zip(ids, table.cells(name), strict=True) if cell.strip()}
        if len(pairs) == len(whose):
            found.append(name)
    return found


def rows_by_id(table: Table, name: str) -> dict[str, NDArray[np.int64]]:
    """The rows of each id, in the order in which the ids come. DataError for a row without one."""
    found = rows_by_value(table, name)
    if "" in found:
        line = table.line(int(found[""][0]))
        raise DataError(f"{table.name}, line {line}, column {name}: expected an id, got nothing.")
    return found


def _in_one_piece(table: Table, name: str) -> bool:
    """Whether the rows of each id follow each other, several of them."""
    cells = list(map(str.strip, table.cells(name)))
    pieces = 1 + sum(one != other for one, other in pairwise(cells))
    return pieces == len(set(cells)) <= len(cells) / 2


def _names_a_thing(name: str) -> bool:
    if name.endswith("_id"):
        return not is_target(name) and name not in CODES
    words = name.split("_")
    return len(words) > 1 and words[0] in _THINGS and words[-1] in _NUMBERS


def _clock(table: Table, columns: Columns, learned: Sequence[str]) -> str | None:
    """A column whose name speaks of time and that grows within each id, or the only one of dates."""
    taken = (columns.id, columns.label, *columns.channels, *learned)
    left = [column for name, column in table.columns.items() if name not in taken]
    dates = [column.name for column in left if column.kind is Kind.DATE]
    named = [column for column in left if _CLOCKS & {*meant(column.name).split("_")} and column.name not in dates]
    grows = [column.name for column in named if _grows(table, columns, column)]
    return next(iter(grows), dates[0] if len(dates) == 1 else None)


def _grows(table: Table, columns: Columns, column: Column) -> bool:
    if column.kind is not Kind.NUMBER or columns.id is None:
        return False
    try:
        values = table.numbers(column.name)
        groups = rows_by_id(table, columns.id)
    except DataError:
        return False
    return all(a < b for rows in groups.values() for a, b in pairwise(values[rows].tolist()))
