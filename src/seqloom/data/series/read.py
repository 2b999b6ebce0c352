"""The one door to recordings: a file, folder or frame of any kind to their value."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from seqloom.data.folders.files import Layout, find_files
from seqloom.data.folders.heads import first_lines, holds_numbers
from seqloom.data.series.categories import named_without_word
from seqloom.data.series.columns import Columns, find_columns
from seqloom.data.series.long import read_steps
from seqloom.data.series.npz import read_npz
from seqloom.data.series.recordings import Recordings, Sample, gather
from seqloom.data.series.ts import read_ts
from seqloom.data.series.wide import find_wide, read_wide
from seqloom.data.tables import Table, read_table
from seqloom.data.text.reader import shown
from seqloom.errors import DataError, listed

__all__ = ["Spelling", "read_recordings"]

_OTHERS: Final = re.compile(r"[,;|\t]")


class Spelling(NamedTuple):
    """How a table is written, where it is not to be found out."""

    encoding: str | None = None
    decimal: str | None = None


_FOUND: Final = (Columns(), Spelling())
"""What names and cells tell."""


def read_recordings(
    source: Any,
    columns: Columns = _FOUND[0],
    label_pattern: str | None = None,
    strict: bool = False,
    learned: Sequence[str] = (),
    spelling: Spelling = _FOUND[1],
) -> Recordings:
    """Read labelled series from ``.ts``, ``.npz``, a table, a frame, or a folder.

    A table has a step a row (id, time, channels, label) or a series a row (numbered columns, label). In a folder each
    file is a recording, a table with a step a row; :func:`find_files` says where its label stands. ``columns`` names
    those of a table whose names do not tell. What is missing becomes NaN, recordings without steps are left out: both
    are counted, or refused where ``strict``. To predict, with the channels that were ``learned``, no label is needed,
    and a table that does not say whose step a row is is one recording. DataError names file and line, column or sample.
    """
    if not isinstance(source, str | os.PathLike):
        table = read_table(source, decimal=spelling.decimal)
        return _of_table(table, table.name, columns, strict, learned)
    path, name = Path(source), shown(str(source))
    if path.is_dir():
        layout, remarks = find_files(path, label_pattern), list[str]()
        samples = list(_of_folder(layout, path, columns, remarks, learned, spelling))
        left_out = [f"{count:,} {what} left out" for what, count in layout.left_out.items()]
        return gather(name, samples, strict, left_out + remarks)
    if path.suffix.lower() == ".npz":
        return gather(name, read_npz(path), strict)
    if _is_ts(path):
        return gather(name, read_ts(path, spelling.encoding), strict)
    return _of_table(_table(path, spelling), path.name, columns, strict, learned)


def _of_table(table: Table, name: str, columns: Columns, strict: bool, learned: Sequence[str]) -> Recordings:
    known = [named_without_word(channel) for channel in learned]
    found = _found(table, columns, known)
    whose = None if found.id is None else table.column(found.id).distinct
    if whose is None or whose == len(table):
        wide = find_wide(table, columns)
        if wide is not None and (not learned or [*wide.channels] == [*learned]):
            return gather(table.name, read_wide(table, wide), strict, table.remarks)
    if learned and whose == len(table) > 1:
        found = replace(found, id=None)  # the numbers of its steps
    if found.id is None and not learned:
        raise DataError(
            f"{table.name}: expected a column that says whose step a row is, such as id; got "
            f"{listed([*table.columns])}."
        )
    return gather(table.name, read_steps(table, found, name), strict, table.remarks)


def _of_folder(
    layout: Layout, folder: Path, columns: Columns, remarks: list[str], learned: Sequence[str], spelling: Spelling
) -> Iterator[Sample]:
    several = [file.name for file in layout.files if _is_ts(file.path)]
    if several:
        raise DataError(f"{folder} holds {', '.join(several[:3])}: name one of them.")
    for file in layout.files:
        if len(_lines(file.path)) < 2 and not holds_numbers(file.path):
            yield Sample(file.name, np.zeros((0, 0)), (), None)
            continue
        table = _table(file.path, spelling)
        remarks += table.remarks
        found = replace(_found(table, columns, [named_without_word(one) for one in learned]), id=None)
        if layout.named:  # the name of a recording is no label, but each step may have one
            yield from read_steps(table, found, file.name)
        else:
            steps = read_steps(table, replace(found, label=None), file.name)
            yield from (sample._replace(label=file.label) for sample in steps)


def _lines(path: Path) -> list[str]:
    return [line for line in first_lines(path) if line.strip()]


def _table(path: Path, spelling: Spelling) -> Table:
    """A table whose columns may be parted by spaces, too."""
    lines = _lines(path)
    spaces = bool(lines) and all(" " in line.strip() and not _OTHERS.search(line) for line in lines)
    return read_table(path, separator=" " if spaces else None, **spelling._asdict())


def _found(table: Table, columns: Columns, learned: Sequence[str]) -> Columns:
    """The columns of a table; of one to predict, whose channels were ``learned``, those that are there."""
    if learned:
        named = (columns.id, columns.time, columns.label)
        whose, time, label = (name if name in table.columns else None for name in named)
        columns = replace(columns, id=whose, time=time, label=label)
    try:
        return find_columns(table, columns, learned)
    except DataError as error:
        raise DataError(f"{table.name}: {error}") from None


def _is_ts(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(".ts")
