"""A table of one file in columns of text, as far as series need it."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.lines import Lines
from seqloom.data.problems import Problems
from seqloom.errors import DataError

__all__ = ["Grid", "is_number", "numbers", "read_grid"]

_SPACES: Final = re.compile(r"[ \t]+")
_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?|[+-]?inf(?:inity)?", re.IGNORECASE
)
_MISSING: Final = frozenset(("", "?", "nan", "na", "n/a", "null", "none", "-", "#n/a"))


@final
class Grid(NamedTuple):
    """Columns of cells, their names, numbers where the file has none (not ``named``), and the line of each row."""

    source: str
    names: tuple[str, ...]
    named: bool
    columns: tuple[list[str], ...]
    lines: Sequence[int]


def read_grid(path: Path) -> Grid:
    """Read a table whose columns are parted by commas, semicolons, tabs, bars or spaces.

    Its first row has the names of the columns, unless all of it are numbers. DataError for rows of other sizes.
    """
    lines = Lines(path)
    problems, rows, places = Problems(lines.name), list[list[str]](), list[int]()
    separator = ""
    for number, line in lines:
        if not line.strip() or (line.startswith("#") and not rows):
            continue
        separator = separator or next((one for one in "\t;|," if one in line), " ")
        try:
            cells = _SPACES.split(line.strip()) if separator == " " else next(csv.reader([line], delimiter=separator))
        except csv.Error as error:
            problems.add(f"line {number}", f"{error}.")
            continue
        if rows and len(cells) != len(rows[0]):
            problems.add(f"line {number}", f"expected {len(rows[0])} columns, got {len(cells)}.")
            continue
        rows.append([cell.strip() for cell in cells])
        places.append(number)
    problems.refuse()
    if not rows:
        raise DataError(f"{lines.name}: expected a table, found only empty lines.")
    named = not all(map(is_number, rows[0]))
    names = tuple(rows.pop(0)) if named else tuple(f"channel {place + 1}" for place in range(len(rows[0])))
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise DataError(f"{lines.name}: expected columns of different names, got {twice[0]!r} twice.")
    columns = tuple(list(column) for column in zip(*rows, strict=True)) if rows else tuple([] for _ in names)
    return Grid(lines.name, names, named, columns, places[named:])


def is_number(cell: str) -> bool:
    """Whether a cell is a number, or says that one is missing.

    >>> is_number("1e-3"), is_number("?"), is_number("1_000")
    (True, True, False)
    """
    return _NUMBER.fullmatch(cell) is not None or cell.lower() in _MISSING


def numbers(cells: Sequence[str]) -> tuple[NDArray[np.float64], list[int]]:
    """The cells as numbers, NaN where one is missing or none, and which are none.

    >>> numbers(["1", "?", "x"])
    (array([ 1., nan, nan]), [2])
    """
    wrong = [place for place, cell in enumerate(cells) if not is_number(cell)]
    if wrong:
        cells = [cell if is_number(cell) else "" for cell in cells]
    return np.array([np.nan if cell.lower() in _MISSING else float(cell) for cell in cells], np.float64), wrong
