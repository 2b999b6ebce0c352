"""A table with a step a row as recordings: numbers become channels, words categories, the steps come in their time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.series.columns import Columns, rows_by_id
from seqloom.data.series.recordings import Sample
from seqloom.data.tables import Kind, Table
from seqloom.errors import DataError

__all__ = ["read_steps"]

_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?")


def read_steps(table: Table, columns: Columns, name: str | None = None) -> Iterator[Sample]:
    """The recordings of a table: the rows of each id in the order of their time; all rows are one where there is none.

    A label that changes within an id is one for each step. ``name`` is that of a table without ids. Raises DataError
    for channels in which a few cells are no numbers, times that are neither numbers nor dates, and rows without an id.
    """
    words = [one for one in columns.channels if one in columns.categories or not _is_number(table, one)]
    channels = tuple(one for one in columns.channels if one not in words)
    values = np.stack([table.numbers(one) for one in channels], 1) if channels else np.zeros((len(table), 0))
    groups = {"": np.arange(len(table))} if columns.id is None else rows_by_id(table, columns.id)
    times = None if columns.time is None else _times(table, columns.time)
    cells = {word: list(map(str.strip, table.cells(word))) for word in words}
    labels = None if columns.label is None else list(map(str.strip, table.cells(columns.label)))
    known = {one: _known(labels, rows) for one, rows in groups.items()} if labels else {}
    each_step = columns.id is None or any(len(found) > 1 for found in known.values())
    for called, rows in groups.items():
        if times is not None:
            rows = rows[np.argsort(times[rows], kind="stable")]
        yield Sample(
            called or name or table.name,
            values[rows],
            channels,
            None if each_step or not known.get(called) else known[called][0],
            None if not each_step or labels is None else [_label(table, labels, row, columns) for row in rows],
            {word: [found[row] for row in rows] for word, found in cells.items()},
        )


def _is_number(table: Table, name: str) -> bool:
    """Whether a column holds numbers; one that mostly does is taken for it, and its other cells for faults."""
    column = table.column(name)
    if column.kind in (Kind.NUMBER, Kind.EMPTY):
        return True
    return column.numbers.tried and 2 * column.numbers.strange < column.numbers.count


def _times(table: Table, name: str) -> NDArray[np.float64]:
    """When each row was, as numbers that grow with time: of numbers, dates, or the time of a day."""
    column = table.column(name)
    if column.kind is Kind.DATE:
        return table.dates(name).astype("datetime64[us]").astype(np.float64)
    clock = [_CLOCK.fullmatch(cell.strip()) for cell in table.cells(name)]
    if not all(clock):
        return table.numbers(name)
    return np.array(
        [
            np.polyval([float((part or "0").replace(",", ".")) for part in found.groups()], 60)
            for found in clock
            if found
        ]
    )


def _known(labels: Sequence[str], rows: NDArray[np.int64]) -> list[str]:
    """The different labels of some rows."""
    return [label for label in dict.fromkeys(labels[row] for row in rows) if label]


def _label(table: Table, labels: Sequence[str], row: int, columns: Columns) -> str:
    if not labels[row]:
        raise DataError(f"{table.name}, line {table.line(row)}, column {columns.label}: expected a label, got nothing.")
    return labels[row]
