"""A folder of MIDI files as pieces, with labels where it has some."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from seqloom.data.folders.files import Layout, find_files
from seqloom.data.notes.piece import Piece
from seqloom.data.notes.reading import read_midi
from seqloom.data.problems import Problems

__all__ = ["SUFFIXES", "Pieces", "find_pieces", "is_midi"]

SUFFIXES: Final = (".mid", ".midi", ".smf", ".kar", ".rmi")
"""Of names of files that are taken for MIDI."""


@final
@dataclass(frozen=True)
class Pieces:
    """Pieces, each called by its path in the folder, their labels (None without), and what was left out."""

    name: str
    pieces: Sequence[Piece]
    labels: Sequence[str] | None = None
    remarks: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.pieces)


def is_midi(path: str | os.PathLike[str]) -> bool:
    """Whether a file is one of MIDI, by its name.

    >>> is_midi("a/One.MID"), is_midi("a/one.txt")
    (True, False)
    """
    return os.fspath(path).lower().endswith(SUFFIXES)


def find_pieces(folder: str | Path | Layout, label_pattern: str | None = None) -> Pieces:
    """The pieces of a folder, or of the one file that a path names.

    :func:`~seqloom.data.folders.files.find_files` says where their labels stand. Raises DataError for a folder without
    MIDI files, and one that names all that cannot be read.
    """
    if isinstance(folder, str | Path) and Path(folder).is_file():
        return Pieces(str(folder), [read_midi(folder)])
    layout = folder if isinstance(folder, Layout) else find_files(folder, label_pattern, _why_not)
    problems, found = Problems(str(layout.folder)), []
    for file in layout.files:
        with problems.noting(file.name, f"{file.name} ", f"{file.name}: "):
            found.append(read_midi(file.path, file.name))
    problems.refuse()
    labels = None if layout.named else [file.label or "" for file in layout.files]
    left_out = tuple(f"{count:,} {what} left out" for what, count in (+layout.left_out).items())
    return Pieces(str(layout.folder), found, labels, left_out)


def _why_not(path: Path) -> str:
    return "" if is_midi(path) else "no MIDI files"
