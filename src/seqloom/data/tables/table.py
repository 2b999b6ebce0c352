"""A table with all of its rows: columns by name, the line of each row, in memory that does not grow with the texts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.tables.cells import BLOCK, Cells
from seqloom.data.tables.columns import DISTINCT, Column, Profile, missing_value
from seqloom.data.tables.dates import Order, date
from seqloom.data.tables.frames import open_frame
from seqloom.data.tables.numerals import Decimal, number
from seqloom.data.tables.opened import Opened
from seqloom.data.tables.opening import Reading, open_path
from seqloom.data.tables.places import Places
from seqloom.data.tables.writing import Layout, Separated
from seqloom.data.text.reader import shown
from seqloom.data.unnamed import Unnamed
from seqloom.errors import DataError, UsageError, did_you_mean, listed

__all__ = ["Table", "opened_table", "read_table"]

_CELLS, _FEWEST = 40_000, 100
"""Cells, and rows, that are looked at where a table is not read to its end."""
_VALUES = 100 * DISTINCT
"""Different values that are counted in all columns together."""


@final
class Table:
    """What was read: ``columns`` by name, each with its kind; ``len`` is the number of rows.

    The cells lie in a file without a name, which goes with the table. ``remarks`` are sentences for the user,
    ``layout`` writes rows back as they came, ``ended`` tells whether the last row has an end of line.
    """

    def __init__(self, opened: Opened, decimal: str | None = None, most: int | None = None) -> None:
        self.name = opened.name
        self.layout: Layout = opened.layout
        self.remarks: list[str] = opened.remarks
        self._decimal = _decimal(decimal)
        self._file = Unnamed(f"the cells of {opened.name}", None)
        self._cells: dict[str, Cells] = {}
        self._places = Places()
        profiles: dict[str, Profile] = {}
        records = islice(opened.records, most if most is None else _fewer(most, len(opened.columns)))
        while block := list(islice(records, BLOCK)):
            lines = [record.line for record in block]
            for place, name in enumerate(opened.columns):
                if name not in profiles:
                    profiles[name] = Profile(name, min(DISTINCT, _VALUES // len(opened.columns)))
                    self._cells[name] = self._blank()
                cells = [record.cells[place] if place < len(record.cells) else "" for record in block]
                self._cells[name].write(cells)
                profiles[name].see(cells, lines)
            self._places.extend(lines)
        self._file.flush()
        self.ended = opened.lines is None or opened.lines.ended
        self.columns: Mapping[str, Column] = {name: profile.column() for name, profile in profiles.items()}

    def __len__(self) -> int:
        return len(self._places)

    def cells(self, name: str) -> Sequence[str]:
        """The cells of a column as they stand there; each is read when it is asked for."""
        return self._cells[self.column(name).name]

    def column(self, name: str) -> Column:
        """What is known of a column; UsageError for one that is not there."""
        if name not in self.columns:
            raise UsageError(
                f"{self.name} has no column {name!r}; it has {listed([*self.columns])}."
                f"{did_you_mean(name, self.columns)}"
            )
        return self.columns[name]

    def line(self, row: int) -> int:
        """The line of the file where a row begins."""
        return self._places[row]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """The values (N,) of a column of numbers, NaN where there is none.

        The column has one reading for all of its cells. Raises DataError for cells that are no numbers, naming the
        first, and UsageError where a point or comma may stand before decimals as well as between thousands.
        """
        decimal = self.decimal(name)
        self._refuse_faults(self.column(name), self.column(name).numbers.against(decimal), "numbers")
        cells = self.cells(name)
        values = (np.nan if missing_value(cell) else number(cell, decimal) for cell in cells)
        return np.fromiter(values, np.float64, len(cells))

    def decimal(self, name: str) -> Decimal:
        """What stands before the decimals of a column: by its own cells, or by those of other columns."""
        own = self.column(name).numbers
        if self._decimal is not None:
            return self._decimal
        if len(own.left) == 1 or own.doubt is None:
            return own.left[0] if own.left else Decimal.POINT
        told = {column.numbers.left[0] for column in self.columns.values() if len(column.numbers.left) == 1}
        line, cell = own.doubt
        if len(told) == 1:
            return told.pop()
        if self._separator != ";" and ("." in cell or self._separator == ","):
            return Decimal.POINT  # programs write a point before decimals, and spreadsheets a comma only beside ";"
        raise UsageError(
            f"{self.name}, column {name!r}, line {line}: {cell!r} is {number(cell, Decimal.POINT):g} with a decimal "
            f"point and {number(cell, Decimal.COMMA):g} with a decimal comma, and nothing tells which. Say it: "
            "--decimal . or --decimal ,"
        )

    def dates(self, name: str) -> NDArray[np.datetime64]:
        """The moments (N,) in a column of dates, NaT where there is none; errors as for :meth:`numbers`."""
        own = self.column(name).dates
        if len(own.left) > 1 and own.doubt is not None:
            line, cell = own.doubt
            first, second = (f"{date(cell, order):%d %B %Y} ({order})" for order in own.left[:2])
            raise UsageError(
                f"{self.name}, column {name!r}, line {line}: {cell!r} is {first} or {second}, and no cell tells which. "
                "Write the year first."
            )
        order = own.left[0] if own.left else Order.YEAR_FIRST
        self._refuse_faults(self.column(name), own.against(order), "dates")
        moments = [None if missing_value(cell) else date(cell, order) for cell in self.cells(name)]
        return np.array(moments, "datetime64[us]")

    @property
    def _separator(self) -> str:
        return self.layout.dialect.separator if isinstance(self.layout, Separated) else ","

    def _blank(self) -> Cells:
        """The cells of a column that comes late: empty in all rows before."""
        cells = Cells(self._file)
        for _ in range(len(self._places) // BLOCK):
            cells.write([""] * BLOCK)
        return cells

    def _refuse_faults(self, column: Column, faults: Sequence[tuple[int, str]], what: str) -> None:
        if not faults:
            return
        places = ", ".join(f"line {line} has {shown(cell)!r}" for line, cell in faults)
        raise DataError(
            f"{self.name}, column {column.name!r}: expected {what} in all {column.rows:,} rows, but {places}. Mend "
            "these cells, or leave them empty."
        )


@contextmanager
def opened_table(source: Any, reading: Reading) -> Iterator[Opened]:
    """The rows of a file or a frame, as they come."""
    if isinstance(source, str | os.PathLike):
        with open_path(Path(source), reading) as opened:
            yield opened
    else:
        yield open_frame(source)


def read_table(
    source: Any,
    *,
    encoding: str | None = None,
    separator: str | None = None,
    header: bool | None = None,
    decimal: str | None = None,
    most: int | None = None,
) -> Table:
    """Read a table: csv, tsv, jsonl or fastText's lines, xlsx, parquet, or a frame of pandas, polars and others.

    How it is spelt is found, unless it is said: ``encoding`` as Python names it, ``separator``, whether the first row
    is a ``header``, and what stands before decimals (``decimal``, "." or ","). Any size is read in bounded memory,
    ``most`` rows where not all are wanted.
    Raises DataError for what cannot be read, naming file and line; MissingExtraError where a package is missing.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.csv").write_text("text;stars\\nfine;4,5\\nno, not at all;1,0\\n")
    ...     table = read_table(Path(folder, "a.csv"))
    >>> list(table.cells("text")), table.numbers("stars").tolist(), table.line(1)
    (['fine', 'no, not at all'], [4.5, 1.0], 3)
    """
    with opened_table(source, Reading(encoding, separator, header)) as opened:
        return Table(opened, decimal, most)


def _fewer(most: int, columns: int) -> int:
    """So many rows of a table of which not all are wanted: fewer where they are wide."""
    return min(most, max(_FEWEST, _CELLS // max(1, columns)))


def _decimal(text: str | None) -> Decimal | None:
    found = {None: None, ".": Decimal.POINT, ",": Decimal.COMMA}
    if text not in found:
        raise UsageError(f"decimal: expected . or , got {text!r}.")
    return found[text]
