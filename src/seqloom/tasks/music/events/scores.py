"""What a user gives as music (files, pieces, rolls, lists of pitches) as events on one grid of time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.notes import Note, Piece
from seqloom.data.notes.folder import find_pieces, is_midi
from seqloom.data.notes.grid import find_grid, grid_of, on_grid
from seqloom.data.notes.piece import DRUMS
from seqloom.data.notes.rolls import from_roll
from seqloom.data.notes.tokens import EventTokens
from seqloom.errors import DataError
from seqloom.tasks.music.labels import said_of_labels
from seqloom.tasks.music.tunes import about_pieces, roll_of_row

__all__ = ["Score", "read_scores"]

_USUAL_STEPS = 4


@final
@dataclass(frozen=True)
class Score:
    """A piece as events, ``tokens`` (T,), and its ``notes`` on the grid; ``label`` is what it is, if that is said."""

    tokens: NDArray[np.int32]
    notes: Sequence[Note]
    name: str
    label: str = ""

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def pitches(self) -> NDArray[np.int64]:
        """Those that it uses, but drums."""
        return np.array([note.pitch for note in self.notes if note.channel != DRUMS], np.int64)


def read_scores(source: Any, steps: int | None, velocities: int) -> tuple[list[Score], dict[str, Any]]:
    """Read a folder of MIDI files, one of them, or a list of pieces, rolls (T, 88) or lists of pitches; on a grid of
    ``steps`` a beat, by default the one found. What was found out is as for tunes.

    Raises DataError for what is none of this, or cannot be read.
    """
    pieces, labels, remarks = _pieces(source, steps)
    if not pieces:
        return [], {"steps": steps or _USUAL_STEPS, "remarks": []}
    sounding = any(piece.notes for piece in pieces)
    grid = (find_grid(pieces) if steps is None else grid_of(pieces, steps)) if sounding else None
    events = EventTokens(grid.steps if grid else steps or _USUAL_STEPS, velocities=velocities)
    about = about_pieces(pieces, events.steps)
    about["remarks"] += [str(grid), *said_of_labels(labels), *remarks]
    scores = []
    for piece, label in zip(pieces, labels, strict=True):
        placed = on_grid(piece, events.steps)
        scores.append(Score(events.encode(placed), placed.notes, piece.name, label))
    return scores, about


def _pieces(source: Any, steps: int | None) -> tuple[list[Piece], Sequence[str], Sequence[str]]:
    """Pieces, their labels, and remarks."""
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if not path.is_dir() and not is_midi(path):
            raise DataError(f"{path}: expected MIDI. A file of rolls has no events: take --task music (MusicModel).")
        found = find_pieces(path)
        return list(found.pieces), found.labels or [""] * len(found), found.remarks
    rows = list(source)
    pieces = [
        row
        if isinstance(row, Piece)
        else Piece(**vars(from_roll(roll_of_row(place, row), steps or _USUAL_STEPS)) | {"name": str(place)})
        for place, row in enumerate(rows)
    ]
    return pieces, [""] * len(rows), ()
