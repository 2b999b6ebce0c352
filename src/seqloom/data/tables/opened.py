"""What an open table is: its columns and its rows, which come once; and how rows of cells come by names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Final

from seqloom.data.tables.dialect import Dialect
from seqloom.data.tables.header import checked_names, is_header
from seqloom.data.tables.numerals import Decimal, readings
from seqloom.data.tables.records import NumberedLines, Record, filled, refuse_ragged
from seqloom.data.tables.writing import Layout, Separated
from seqloom.errors import DataError, listed

__all__ = ["FIRST", "Opened", "headed", "opened_rows"]

FIRST: Final = 200
"""Rows that are looked at before the first one is given."""
_WIDEST: Final = 10_000


@dataclass
class Opened:
    """Rows that come once. ``columns`` may grow while they are read; ``remarks`` are what a user should know.

    ``lines`` are those of separated cells, of which the last may lack its end.
    """

    name: str
    columns: list[str]
    records: Iterator[Record]
    layout: Layout
    remarks: list[str]
    lines: NumberedLines | None = None


def headed(
    records: Iterator[Record],
    lines: NumberedLines | None,
    dialect: Dialect,
    name: str,
    header: bool | None,
    remarks: list[str],
) -> Opened:
    """Rows of cells, the first of which may be the names of the columns."""
    records = filled(records, name)
    first = list(islice(records, FIRST))
    if not first:
        raise DataError(f"{name} has no rows.")
    above = _above(first)
    if above:
        places = ", ".join(str(record.line) for record in first[:above])
        remarks = [*remarks, f"{name}: line {places}, above the names of the columns, left out."]
        first = first[above:]
    top = first[0]
    width = len(top.cells)
    below = [record.cells for record in first[1:]]
    while width > 1 and not top.cells[width - 1].strip() and not any(any(row[width - 1 : width]) for row in below):
        width -= 1  # each row ends with a separator
    named = is_header(top.cells[:width], below) if header is None else header
    columns = checked_names(top.cells[:width] if named else [""] * width, name, top.line)
    rows = refuse_ragged(chain(first[named:], records), width, name, lines, top.line)
    layout = Separated(replace(dialect, header=named, decimal=_decimal(below)))
    return replace(opened_rows(name, columns, rows, layout, remarks, len(first) > named), lines=lines)


def _decimal(rows: list[list[str]]) -> str:
    """What stands before decimals in more of the cells that can be read in one way only."""
    found = Counter(readings(cell) for row in rows for cell in row)
    return "," if found[Decimal.COMMA] > found[Decimal.POINT] else "."


def _above(first: list[Record]) -> int:
    """How many rows stand above the names: they have one cell filled, and the next row all of several."""
    for place, record in enumerate(first):
        filled = sum(bool(cell.strip()) for cell in record.cells)
        if filled != 1 or len(record.cells) < 2:
            return place if filled == len(record.cells) else 0
    return 0


def opened_rows(
    name: str, columns: list[str], records: Iterator[Record], layout: Layout, remarks: list[str], some: bool = True
) -> Opened:
    """An open table; DataError for one without rows, or with more columns than a table has."""
    if len(columns) > _WIDEST:
        raise DataError(f"{name} has {len(columns):,} columns; up to {_WIDEST:,} can be read.")
    if not some:
        raise DataError(f"{name} has names of columns ({listed(columns)}), but no rows.")
    return Opened(name, columns, records, layout, remarks)
