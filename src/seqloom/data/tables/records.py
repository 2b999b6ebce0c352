"""Rows of separated cells with the lines where they begin, as a stream; what would swallow other rows is refused."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final, NamedTuple, TextIO, final

from seqloom.data.tables.dialect import Dialect
from seqloom.errors import DataError

__all__ = ["LONGEST", "NumberedLines", "Record", "filled", "refuse_ragged", "separated"]

LONGEST: Final = 1 << 24
"""Characters of one row."""
_SWALLOWED: Final = 8
"""From so many lines inside of a cell on, each with as many separators as a row, the cell has swallowed rows."""
_SHOWN: Final = 5
_NOTHING: Final = 2_000_000
"""Empty rows after each other: more than a sheet of a spreadsheet has."""


class Record(NamedTuple):
    """A row: the line where it begins, its cells, and the line itself where a row is just one."""

    line: int
    cells: list[str]
    source: str = ""


@final
class NumberedLines(Iterator[tuple[int, str]]):
    """The lines of a file from 1 on, their ends included; DataError for one that is too long or cannot be decoded.

    ``ended`` tells whether the last one that was read had an end.
    """

    def __init__(self, file: TextIO, name: str) -> None:
        self._file, self._name = file, name
        self.number, self.ended = 0, True

    def __next__(self) -> tuple[int, str]:
        try:
            text = self._file.readline(LONGEST)
        except UnicodeDecodeError as error:
            line = self.number + 1 + error.object[: error.start].count(b"\n")
            raise DataError(
                f"{self._name}, line {line}: byte 0x{error.object[error.start]:02x} is no "
                f"{error.encoding} ({error.reason}). --encoding says otherwise."
            ) from error
        if not text:
            raise StopIteration
        self.number += 1
        self.ended = text.endswith("\n")
        if len(text) == LONGEST and not self.ended:
            raise DataError(f"{self._name}, line {self.number}: longer than {LONGEST:,} characters.")
        return self.number, text


class _Held(Iterator[str]):
    """What the csv module reads: the lines of the record at hand are kept, and their number is bounded."""

    def __init__(self, lines: Iterator[tuple[int, str]], name: str) -> None:
        self._lines, self._name = lines, name
        self.number, self.held, self.characters = 0, list[str](), 0

    def __next__(self) -> str:
        self.number, text = next(self._lines)
        self.held.append(text)
        self.characters += len(text)
        if self.characters > LONGEST:
            raise DataError(
                f"{self._name}, line {self.begun}: the row that begins there has more than {LONGEST:,} characters. "
                "Is a quote left open?"
            )
        return text

    @property
    def begun(self) -> int:
        return self.number - len(self.held) + 1

    def forget(self) -> None:
        self.held.clear()
        self.characters = 0


def separated(lines: Iterator[tuple[int, str]], dialect: Dialect, name: str) -> Iterator[Record]:
    """The rows of a table of separated cells; a line with nothing in it is one without cells.

    Raises DataError for a quote that is left open or stands where none can.

    >>> list(separated(iter([(1, "a,b\\n"), (3, '"x\\n'), (4, 'y",1\\n')]), Dialect(), "t.csv"))
    [Record(line=1, cells=['a', 'b'], source=''), Record(line=3, cells=['x\\ny', '1'], source='')]
    """
    source = _Held(lines, name)
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
    reader = csv.reader(source, **dialect.csv)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"{name}, line {source.begun}: {_open_quote(source, str(error))}") from error
        _refuse_swallowed(source, dialect, len(cells), name)
        yield Record(source.begun, cells)
        source.forget()


def _open_quote(source: _Held, reason: str) -> str:
    if len(source.held) == 1 and "end of data" not in reason:
        return f"a quote stands where none can ({reason}). Double a quote that is inside of a quoted cell."
    end = "to the end of the file" if "end of data" in reason else f"to line {source.number} ({reason})"
    return f"a quote is opened and not closed, {end}. Close it, or double it inside of a quoted cell."


def _refuse_swallowed(source: _Held, dialect: Dialect, width: int, name: str) -> None:
    inner = source.held[1:-1]
    if width > 1 and len(inner) >= _SWALLOWED and all(text.count(dialect.separator) == width - 1 for text in inner):
        raise DataError(
            f"{name}, line {source.begun}: the quote that opens there is closed in line {source.number} only, "
            f"and the {len(inner)} lines between look like rows. Close it."
        )


def filled(records: Iterator[Record], name: str) -> Iterator[Record]:
    """The rows that have something in them; DataError for millions without."""
    empty = 0
    for record in records:
        text = "".join(record.cells)
        if text and not text.isspace():
            empty = 0
            yield record
        else:
            empty += 1
            if empty > _NOTHING:
                raise DataError(f"{name}, line {record.line}: {empty:,} rows without anything in them. Cut them off.")


def refuse_ragged(
    records: Iterator[Record], width: int, name: str, lines: NumberedLines | None, top: int = 1
) -> Iterator[Record]:
    """The same rows, each of ``width`` cells: empty ones that are too many are cut, all else is refused.

    The first row, whose width that is, begins in line ``top``. DataError names the first lines that are wrong, or the
    last where the file ends in its middle.
    """
    wrong: list[Record] = []
    count = total = 0
    widths: set[int] = set()
    for record in records:
        total += record.line != top
        if len(record.cells) > width and not any(record.cells[width:]):
            record = record._replace(cells=record.cells[:width])
        if len(record.cells) == width:
            if not wrong:
                yield record
        else:
            count += 1
            widths.add(len(record.cells))
            if len(wrong) < _SHOWN:
                wrong.append(record)
            last = record
    if not wrong:
        return
    if count == 1 and len(last.cells) < width and lines is not None and not lines.ended:
        raise DataError(
            f"{name}, line {last.line}: the file ends in the middle of the line, after {len(last.cells)} of {width} "
            "cells. Copy or export it again."
        )
    places = ", ".join(f"line {row.line} has {len(row.cells)}" for row in wrong) + (" …" if count > _SHOWN else "")
    if count == total and len(widths) == 1 and (other := widths.pop()) > width:
        raise DataError(
            f"{name}: the first row has {width} cell{'s' * (width != 1)}, all others have {other}. If it is a title "
            "above the names of the columns, take it out; else quote cells that hold the separator."
        )
    raise DataError(
        f"{name}: expected {width} cells in each row, as in the first; {places} ({count:,} row{'s' * (count != 1)} in "
        "all). Quote cells that hold the separator."
    )
