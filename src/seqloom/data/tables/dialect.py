"""How a text file spells a table: its encoding, what separates cells, how they are quoted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, final

__all__ = ["Dialect", "find_dialect"]

_SEPARATORS: Final = ("\t", ";", "|", ",")
"""Where several would do, the first: commas stand in texts and numbers, too."""
_NAMES: Final = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}


@final
@dataclass(frozen=True)
class Dialect:
    """What one needs to read a table of separated cells, and to write it as it was.

    ``quote`` and ``escape`` are "" where there is none; ``header`` says that the first row has the names, ``decimal``
    what stands before decimals.
    """

    separator: str = ","
    quote: str = '"'
    escape: str = ""
    encoding: str = "utf-8"
    newline: str = "\n"
    header: bool = True
    decimal: str = "."

    @property
    def csv(self) -> dict[str, Any]:
        """The same for Python's csv module."""
        return {
            "delimiter": self.separator,
            "quotechar": self.quote or None,
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            "escapechar": self.escape or None,
            "doublequote": not self.escape,
            "skipinitialspace": self.separator == " ",
            "strict": True,
        }

    def __str__(self) -> str:
        return f"{self.encoding}, separated by {_NAMES.get(self.separator, repr(self.separator))}"


def find_dialect(sample: str, whole: bool, encoding: str = "utf-8") -> Dialect:
    """The dialect under which the rows of a sample have as many cells as the first; ``whole`` if nothing follows it.

    >>> found = find_dialect("text;score\\n'so so', he said;1,5\\nfine;2,5\\n", whole=True)
    >>> found.separator, found.quote, found.newline
    (';', '"', '\\n')
    """
    newline = "\r\n" if "\r\n" in sample else "\r" if "\r" in sample and "\n" not in sample else "\n"
    text = sample.replace("\r\n", "\n").replace("\r", "\n")
    if not whole:
        text = text[: text.rfind("\n") + 1] or text
    stated = text.partition("\n")[0].strip().lower()
    if stated.startswith("sep=") and len(stated) == 5:
        best = _quoting(text.partition("\n")[2], Dialect(stated[4:]), whole)
        return replace(best, encoding=encoding, newline=newline)
    found = [_quoting(text, Dialect(separator), whole) for separator in _SEPARATORS]
    best = max(found, key=lambda dialect: _agreement(text, dialect, whole))  # the first of the best
    if not _agreement(text, best, whole):
        best = _quoting(text, Dialect(), whole)
    return replace(best, encoding=encoding, newline=newline)


def _quoting(text: str, dialect: Dialect, whole: bool) -> Dialect:
    """The dialect with its way of quoting: as usual, with backslashes, or not at all where cells show that."""
    if '"' not in text:
        return dialect
    escaped, bare = replace(dialect, escape="\\"), replace(dialect, quote="")
    if '\\"' in text and _agreement(text, escaped, whole) > _agreement(text, dialect, whole):
        return escaped
    if dialect.separator in "\t|" and _agreement(text, bare, whole) > _agreement(text, dialect, whole):
        cells = [cell for line in text.split("\n") for cell in line.split(dialect.separator) if cell.startswith('"')]
        closed = sum(len(cell) > 1 and cell.endswith('"') for cell in cells)
        if 2 * closed <= len(cells):
            return bare
    return dialect


def _agreement(text: str, dialect: Dialect, whole: bool) -> float:
    """The share of rows with as many cells as the first, more than one; half of it where a quote is wrong."""
    widths: list[int] = []
    factor = 1.0
    try:
        for row in _rows(text, dialect):
            widths.append(len(row))
    except csv.Error as error:
        factor = 1.0 if "end of data" in str(error) and not whole else 0.5
    if not widths or widths[0] < 2:
        return 0.0
    return factor * sum(width == widths[0] for width in widths) / len(widths)


def _rows(text: str, dialect: Dialect) -> Iterator[list[str]]:
    return (row for row in csv.reader(io.StringIO(text, newline=""), **dialect.csv) if row)
