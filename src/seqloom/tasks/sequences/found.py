"""Labelled series in a table or a frame, known by its first rows: a step a row, or a series a row."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from seqloom.errors import DataError, UsageError, listed
from seqloom.tasks.tables.claims import may_be_table
from seqloom.tasks.tables.columns import asked_of, head_of

if TYPE_CHECKING:
    from seqloom.data.series.columns import Columns
    from seqloom.data.tables import Table

__all__ = ["FoundSeries", "series_in"]

_WORDS: Final = 3
"""In the mean, from which on cells are texts."""


class FoundSeries(NamedTuple):
    """Why a table is one of series, the name of the column with their labels, and these: one for each series, or
    ``of_steps`` one for each of their steps; whether each series is ``a_row``."""

    reason: str
    label: str
    labels: Sequence[str]
    of_steps: bool = False
    a_row: bool = False


def series_in(source: Any, given: Mapping[str, Any]) -> FoundSeries | None:
    """The series of a table, by the columns that are ``given`` or found; None for any other file or frame.

    With a step a row a column says whose it is: each id has several rows, by a time or one after the other. There are
    columns of numbers, or of the words of events, and none of texts. With a series a row the columns are numbered.
    UsageError where all of this is so, and nothing says which column has the labels.
    """
    from seqloom.data.series.columns import Columns

    if isinstance(source, str | os.PathLike) and not may_be_table(Path(source), commas=True):
        return None
    try:
        table = head_of(source, given)
    except DataError:
        return None
    asked = asked_of(given)
    columns = Columns(asked.group, asked.time, asked.target, asked.inputs)
    return _steps(table, columns) or _rows(table, columns)


def _steps(table: Table, given: Columns) -> FoundSeries | None:
    from seqloom.data.series.columns import find_columns, unchanging

    try:
        found = find_columns(table, given)
    except DataError:
        return None
    if found.id is None or not _are_series(table, found):
        return None
    ids = list(map(str.strip, table.cells(found.id)))
    apart = 1 + sum(one != other for one, other in pairwise(ids)) > len(set(ids))
    if 2 * len(set(ids)) > len(ids) or (apart and found.time is None and given.id is None):
        return None
    order = "" if found.time is None else f" in the order of {found.time!r}"
    reason = f"a step a row: series of each {found.id!r}{order}"
    if found.label is None:
        told = unchanging(table, found)
        which = (
            f"Say which: {', or '.join(f'--target {shlex.quote(name)}' for name in told)}, or another" if told else ""
        )
        raise UsageError(
            f"{table.name} is a table with {reason}, of {listed(found.channels)}. Which has the label? "
            f"{which or 'Name it: --target NAME'}."
        )
    cells = list(map(str.strip, table.cells(found.label)))
    pairs = dict.fromkeys((one, cell) for one, cell in zip(ids, cells, strict=True) if cell)
    of_steps = len(pairs) > len(set(ids))
    labels = [cell for cell in cells if cell] if of_steps else [cell for _, cell in pairs]
    return FoundSeries(f"{reason} → {found.label!r}", found.label, labels, of_steps)


def _rows(table: Table, given: Columns) -> FoundSeries | None:
    from seqloom.data.series.wide import find_wide

    wide = find_wide(table, given)
    if wide is None:
        return None
    if wide.label is None:
        raise UsageError(f"{table.name} is a table with {wide}. Which column has the label? Name it: --target NAME.")
    labels = [cell for cell in map(str.strip, table.cells(wide.label)) if cell]
    return FoundSeries(f"{wide} → {wide.label!r}", wide.label, labels, a_row=True)


def _are_series(table: Table, found: Columns) -> bool:
    """Whether there are numbers in a column, or by a time words of events, and no texts."""
    from seqloom.data.tables import Kind
    from seqloom.data.tables.names import INPUTS, SECOND_INPUTS, meant

    numbers = words = 0
    for name in found.channels:
        column = table.columns[name]
        if column.kind is Kind.NUMBER or (column.numbers.tried and 2 * column.numbers.strange < column.numbers.count):
            numbers += 1
        elif meant(name) in INPUTS | SECOND_INPUTS or column.words >= _WORDS:
            return False
        words += column.kind is Kind.CATEGORY
    return numbers > 0 or (words > 0 and found.time is not None)
