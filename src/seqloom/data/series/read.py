"""The one door to recordings: a file or folder of any kind to their value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from seqloom.data.labelled.files import Layout, find_files
from seqloom.data.series.grid import Grid, is_number, read_grid
from seqloom.data.series.long import Columns, find_columns, read_steps
from seqloom.data.series.npz import read_npz
from seqloom.data.series.recordings import Recordings, Sample, gather
from seqloom.data.series.ts import read_ts
from seqloom.data.text.reader import shown
from seqloom.errors import DataError

__all__ = ["holds_numbers", "read_recordings"]

_TOLD: Final = Columns()
"""Names of columns that tell what they are."""
_HEAD: Final = 1 << 16
_LINES: Final = 20
_SEPARATORS: Final = re.compile(r"[,;|\s]")


def read_recordings(
    path: str | Path, columns: Columns = _TOLD, label_pattern: str | None = None, strict: bool = False
) -> Recordings:
    """Read labelled series from ``.ts``, ``.npz``, a table with a step a row (id, time, channels, label), or a folder.

    In a folder each file is a recording, a table with a step a row; :func:`find_files` says where its label stands.
    ``columns`` names those of a table whose names do not tell. What is missing becomes NaN, recordings without steps
    are left out: both are counted, or refused where ``strict``. DataError names file and line, column or sample.
    """
    path = Path(path)
    if path.is_dir():
        layout = find_files(path, label_pattern)
        return gather(shown(str(path)), _of_folder(layout, path, columns), strict, layout.left_out)
    return gather(shown(str(path)), _of_file(path, columns), strict)


def holds_numbers(path: Path) -> bool:
    """Whether a text file is a table of numbers: below the first row each has some, and most of all cells are."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).decode("utf-8", "replace")
    except OSError:
        return False
    lines = [line for line in head.split("\n", _LINES)[:_LINES] if line.strip()]
    rows = [[cell for cell in _SEPARATORS.split(line.strip()) if cell] for line in lines[1:] or lines]
    found = [sum(is_number(cell) for cell in row if cell != "?") for row in rows]
    return bool(rows) and min(found) > 0 and 2 * sum(found) > sum(map(len, rows))


def _of_file(path: Path, columns: Columns) -> Iterator[Sample]:
    if path.suffix.lower() == ".npz":
        return read_npz(path)
    if _is_ts(path):
        return read_ts(path)
    grid = read_grid(path)
    found = _found(grid, columns)
    if found.id is None:
        raise DataError(
            f"{grid.source}: expected a column that says whose step a row is, such as id; got {', '.join(grid.names)}."
        )
    return read_steps(grid, found)


def _of_folder(layout: Layout, folder: Path, columns: Columns) -> Iterator[Sample]:
    several = [file.name for file in layout.files if _is_ts(file.path)]
    if several:
        raise DataError(f"{folder} holds {', '.join(several[:3])}: name one of them.")
    for file in layout.files:
        grid = read_grid(file.path)
        found = replace(_found(grid, columns), id=None)
        if layout.of_classes and found.label is None:
            raise DataError(
                f"{folder} does not say what the label of {file.name} is: expected a folder for each class, labels.csv "
                "(file, label), a pattern that finds labels in names, or a column label."
            )
        for sample in read_steps(grid, found if layout.of_classes else replace(found, label=None), file.name):
            yield sample if layout.of_classes else sample._replace(label=file.label)


def _found(grid: Grid, columns: Columns) -> Columns:
    try:
        return find_columns(grid.names, columns)
    except DataError as error:
        raise DataError(f"{grid.source}: {error}") from None


def _is_ts(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(".ts")
