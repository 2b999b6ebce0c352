"""The one door to recordings: a file or folder of any kind to their value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from seqloom.data.folders.files import Layout, find_files
from seqloom.data.folders.heads import first_lines, holds_numbers
from seqloom.data.series.long import Columns, find_columns, read_steps
from seqloom.data.series.npz import read_npz
from seqloom.data.series.recordings import Recordings, Sample, gather
from seqloom.data.series.ts import read_ts
from seqloom.data.tables import Table, read_table
from seqloom.data.text.reader import shown
from seqloom.errors import DataError, listed

__all__ = ["read_recordings"]

_TOLD: Final = Columns()
"""Names of columns that tell what they are."""
_OTHERS: Final = re.compile(r"[,;|\t]")


def read_recordings(
    path: str | Path,
    columns: Columns = _TOLD,
    label_pattern: str | None = None,
    strict: bool = False,
    to_predict: bool = False,
) -> Recordings:
    """Read labelled series from ``.ts``, ``.npz``, a table with a step a row (id, time, channels, label), or a folder.

    In a folder each file is a recording, a table with a step a row; :func:`find_files` says where its label stands.
    ``columns`` names those of a table whose names do not tell. What is missing becomes NaN, recordings without steps
    are left out: both are counted, or refused where ``strict``. What is ``to_predict`` needs no label, and a table that
    does not say whose step a row is is one recording. DataError names file and line, column or sample.
    """
    path, name = Path(path), shown(str(path))
    if path.is_dir():
        layout, remarks = find_files(path, label_pattern), list[str]()
        samples = list(_of_folder(layout, path, columns, remarks, to_predict))
        left_out = [f"{count:,} {what} left out" for what, count in layout.left_out.items()]
        return gather(name, samples, strict, left_out + remarks)
    if path.suffix.lower() == ".npz":
        return gather(name, read_npz(path), strict)
    if _is_ts(path):
        return gather(name, read_ts(path), strict)
    table = _table(path)
    found = _found(table, columns, to_predict)
    if to_predict and found.id is not None and table.column(found.id).distinct == len(table) > 1:
        found = replace(found, id=None)  # the numbers of its steps
    if found.id is None and not to_predict:
        raise DataError(
            f"{name}: expected a column that says whose step a row is, such as id; got {listed([*table.columns])}."
        )
    return gather(name, read_steps(table, found, path.name), strict, table.remarks)


def _of_folder(
    layout: Layout, folder: Path, columns: Columns, remarks: list[str], to_predict: bool
) -> Iterator[Sample]:
    several = [file.name for file in layout.files if _is_ts(file.path)]
    if several:
        raise DataError(f"{folder} holds {', '.join(several[:3])}: name one of them.")
    for file in layout.files:
        if len(_lines(file.path)) < 2 and not holds_numbers(file.path):
            yield Sample(file.name, np.zeros((0, 0)), (), None)
            continue
        table = _table(file.path)
        remarks += table.remarks
        found = replace(_found(table, columns, to_predict), id=None)
        if layout.named:  # the name of a recording is no label, but each step may have one
            yield from read_steps(table, found, file.name)
        else:
            steps = read_steps(table, replace(found, label=None), file.name)
            yield from (sample._replace(label=file.label) for sample in steps)


def _lines(path: Path) -> list[str]:
    return [line for line in first_lines(path) if line.strip()]


def _table(path: Path) -> Table:
    """A table whose columns may be parted by spaces, too."""
    lines = _lines(path)
    spaces = bool(lines) and all(" " in line.strip() and not _OTHERS.search(line) for line in lines)
    return read_table(path, separator=" " if spaces else None)


def _found(table: Table, columns: Columns, to_predict: bool) -> Columns:
    """The columns of a table; of one that is ``to_predict`` those that are there."""
    if to_predict:
        named = (columns.id, columns.time, columns.label)
        whose, time, label = (name if name in table.columns else None for name in named)
        columns = replace(columns, id=whose, time=time, label=label)
    try:
        return find_columns([*table.columns], columns)
    except DataError as error:
        raise DataError(f"{table.name}: {error}") from None


def _is_ts(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(".ts")
