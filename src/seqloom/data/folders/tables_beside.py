"""Tables that stand beside files, such as sounds or pictures, and say a text of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from seqloom.data.folders.named_files import NamedFiles, columns_of_files
from seqloom.data.tables import Table, read_table
from seqloom.errors import DataError, listed

__all__ = ["TablesBeside", "left_out"]

_LABELS: Final = ("labels.csv", "labels.tsv")
_NAMED: Final = (".json", ".jsonl", ".ndjson")
"""Formats whose values have names: their first row is none of names."""
_LOOKED_AT: Final = 50
_SHOWN: Final = 3


class TablesBeside(NamedTuple):
    """Which tables are meant: their ``suffixes``, and the names, in small letters, that columns of ``paths`` and of
    ``texts`` are known by."""

    suffixes: Sequence[str]
    paths: Sequence[str]
    texts: Sequence[str]

    def inside(self, folder: Path, named: NamedFiles) -> list[Path]:
        """The tables in a folder that say a text of its files."""
        found = (one for one in folder.iterdir() if one.suffix.lower() in self.suffixes)
        kept = (one for one in found if not one.name.startswith(".") and one.name.lower() not in _LABELS)
        return [one for one in sorted(kept, key=lambda one: one.name) if one.is_file() and self.tells(one, named)]

    def tells(self, path: Path, named: NamedFiles) -> bool:
        """Whether a file is such a table, by its first rows."""
        try:
            return self.columns(self.read(path, named, _LOOKED_AT), named) is not None
        except DataError:
            return False

    def columns(self, table: Table, named: NamedFiles) -> tuple[str, str] | None:
        """The columns of paths and of texts, by their names or by what is in them."""
        return columns_of_files(table, named, self.paths, self.texts)

    def read(self, path: Path, named: NamedFiles, most: int | None = None) -> Table:
        """The table; where its first row has the path of a file, that is no header."""
        table = read_table(path, most=most)
        is_row = any(named.find(name) is not None for name in table.columns)
        return read_table(path, header=False, most=most) if is_row and path.suffix.lower() not in _NAMED else table


def left_out(names: Sequence[str], one: str, many: str) -> list[str]:
    """A remark on what is left out, if anything is.

    >>> left_out(["a.wav"], "sound has no transcript", "sounds have no transcript")
    ["1 sound has no transcript, left out: 'a.wav'"]
    """
    what = one if len(names) == 1 else many
    return [f"{len(names):,} {what}, left out: {listed(names, _SHOWN)}"] * bool(names)
