"""Tables with a series a row: a column for each step, numbered, or all columns but the label where none has a name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np

from seqloom.data.series.columns import Columns
from seqloom.data.series.recordings import Sample
from seqloom.data.tables import Column, Kind, Table
from seqloom.data.tables.columns import missing_value
from seqloom.data.tables.names import is_identifier, is_likely_target, is_target, meant

__all__ = ["Wide", "find_wide", "read_wide"]

_SHORTEST: Final = 8
"""Steps: fewer numbered columns are measurements of different things."""
_NUMBERED: Final = re.compile(r"(.*?)[\s_.\-]*(\d+)")
_FEW: Final = 20
"""Different values of a label that stands among numbers without a name."""
_STEPS: Final = frozenset(("", "t", "step", "time", "value", "x", "v", "p", "pixel", "att", "timestep"))
"""What numbered columns of one channel are called: the channel has no name of its own."""


class Wide(NamedTuple):
    """The columns of each channel in the order of the steps; the one with the label, and that which names a series."""

    channels: Mapping[str, list[str]]
    label: str | None
    whose: str | None

    def __str__(self) -> str:
        count = len(next(iter(self.channels.values())))
        of = f", {len(self.channels)} channels" if len(self.channels) > 1 else ""
        return f"a series a row: {count} steps{of}"


def find_wide(table: Table, given: Columns) -> Wide | None:
    """The columns of a table with a series a row; None for any other.

    Each has a number behind a name, at least eight, as many for each name (``ax_0`` to ``ax_49``, ``ay_0`` …), or none
    has a name. Beside them nothing stands but a label, which may be ``given``, and an id.
    """
    numbers = {name for name, column in table.columns.items() if column.kind in (Kind.NUMBER, Kind.EMPTY)}
    unnamed = bool(numbers) and all(name.startswith("column ") for name in table.columns)
    label = given.label if given.label in table.columns else _label(table, numbers, unnamed)
    left = [name for name in table.columns if name not in (label, given.id)]
    if unnamed:
        steps = {"value": [name for name in left if name in numbers]}
    else:
        steps = _by_name([name for name in left if name in numbers])
    if not steps or len({len(names) for names in steps.values()}) > 1:
        return None
    within = {name for names in steps.values() for name in names}
    others = [name for name in left if name not in within]
    whose = given.id or next((name for name in others if _is_id(table.columns[name])), None)
    if min(map(len, steps.values())) < _SHORTEST or [name for name in others if name != whose]:
        return None
    return Wide(steps, label, whose)


def read_wide(table: Table, wide: Wide) -> Iterator[Sample]:
    """The series of a table; empty cells at the end of a row are steps that it does not have."""
    values = np.stack([np.stack([table.numbers(one) for one in names], 1) for names in wide.channels.values()], 2)
    labels = None if wide.label is None else list(map(str.strip, table.cells(wide.label)))
    names = None if wide.whose is None else list(map(str.strip, table.cells(wide.whose)))
    for row, series in enumerate(values):
        there = np.flatnonzero(~np.isnan(series).all(1))
        yield Sample(
            f"{table.name}, line {table.line(row)}" if names is None else names[row],
            series[: there[-1] + 1 if len(there) else 0],
            tuple(wide.channels),
            None if labels is None or not labels[row] else labels[row],
        )


def _by_name(names: list[str]) -> dict[str, list[str]]:
    """The columns of each channel: what stands before their numbers is its name."""
    found: dict[str, dict[int, str]] = {}
    for name in names:
        match = _NUMBERED.fullmatch(name.strip())
        if match is not None:
            found.setdefault(match[1], {})[int(match[2])] = name
    whole = {
        stem: [numbered[number] for number in sorted(numbered)]
        for stem, numbered in found.items()
        if max(numbered) - min(numbered) == len(numbered) - 1
    }
    if len(whole) == 1 and next(iter(whole)).lower() in _STEPS:
        return {"value": next(iter(whole.values()))}
    return whole


def _label(table: Table, numbers: set[str], unnamed: bool) -> str | None:
    """A column that is called so, the only one of words; where none has a name, the first or last of few values."""
    columns = table.columns
    if unnamed:
        names = [*columns]
        ends = [name for name in (names[0], names[-1]) if _is_short(columns[name])]
        return ends[0] if len(ends) == 1 else None
    for is_named in (is_target, is_likely_target):
        named = [name for name in columns if is_named(name)]
        if len(named) == 1:
            return named[0]
    words = [name for name, column in columns.items() if name not in numbers and not _is_id(column)]
    words = words or [name for name in numbers if not _NUMBERED.fullmatch(name.strip()) and not _is_id(columns[name])]
    return words[0] if len(words) == 1 else None


def _is_short(column: Column) -> bool:
    values = [value for value in column.values or () if not missing_value(value)]
    whole = column.kind is not Kind.NUMBER or all(value.lstrip("+-").partition(".")[2] in ("", "0") for value in values)
    return whole and 1 < len(values) <= _FEW and 2 * len(values) <= column.rows


def _is_id(column: Column) -> bool:
    return column.kind is Kind.IDENTIFIER or (is_identifier(column.name) and meant(column.name) != "key")
