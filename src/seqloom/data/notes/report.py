"""What is in pieces, in figures ready for JSON: before anything is trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqloom.data.notes.grid import Grid, find_grid
from seqloom.data.notes.key import find_key
from seqloom.data.notes.piece import DRUMS, Piece
from seqloom.data.notes.rolls import KEYS, LOWEST
from seqloom.data.spread import spread

__all__ = ["described"]


def described(pieces: Sequence[Piece], grid: Grid | None = None) -> dict[str, Any]:
    """Notes, beats and seconds of pieces; keys, metres, instruments and drums; the ``grid`` (default: the one found).

    A piece without a metre counts as "not written". Raises DataError where no piece has a note.

    >>> from seqloom.data.notes import Note
    >>> described([Piece(480, [Note(0, 480, 60), Note(480, 480, 64)])])["metres"]
    {'not written': 1}
    """
    grid = grid or find_grid(pieces)
    notes = [note for piece in pieces for note in piece.notes]
    outside = sum(not 0 <= note.pitch - LOWEST < KEYS for note in notes if note.channel != DRUMS)
    return {
        "pieces": len(pieces),
        "notes": spread(np.array([len(piece.notes) for piece in pieces])),
        "beats": spread(np.array([piece.end / piece.ticks for piece in pieces])),
        "seconds": spread(np.array([float(piece.seconds(piece.end)) for piece in pieces])),
        "keys": _counted(str(find_key(piece.notes) or "none") for piece in pieces),
        "metres": _counted(name for piece in pieces for name in _metres(piece)),
        "instruments": _counted("drums" if note.instrument == 128 else note.program for note in notes),
        "outside_of_88_keys": outside,
        "grid": {
            "steps_per_beat": grid.steps,
            "lost": grid.lost,
            "moved": grid.moved,
            "merged": grid.merged,
            "triplets": grid.triplets,
            "drums": grid.drums,
        },
        "remarks": [str(grid), *(remark for piece in pieces for remark in piece.remarks)],
    }


def _metres(piece: Piece) -> set[str]:
    return {f"{one.beats}/{one.unit}" for one in piece.metres} or {"not written"}


def _counted(values: Any) -> dict[str, int]:
    return {str(value): count for value, count in Counter(values).most_common()}
