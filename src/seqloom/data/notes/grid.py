"""The grid of time that notes are on, what of them it loses, and notes moved to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, final

import numpy as np

from seqloom.data.notes.piece import DRUMS, Metre, Note, Piece, Tempo
from seqloom.errors import DataError

__all__ = ["STEPS", "Grid", "find_grid", "grid_of", "on_grid"]

STEPS: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24)
"""How many steps a beat may have."""
_TOLERANCE: Final = 1 / 50
"""Of a beat: less than half of what parts an eighth of a beat from a sixth."""
_MOST_LOST: Final = 0.01


@final
@dataclass(frozen=True)
class Grid:
    """``steps`` a beat, and what they lose of so many ``notes``.

    ``moved`` begin more than a fiftieth of a beat from a step, ``merged`` fall on another's key and step. ``triplets``
    begin on thirds or sixths of a beat, ``drums`` are notes of the channel of drums.
    """

    steps: int
    notes: int
    moved: int
    merged: int
    triplets: int
    drums: int

    @property
    def lost(self) -> float:
        """The share of beginnings that the grid loses."""
        return (self.moved + self.merged) / max(1, self.notes)

    def __str__(self) -> str:
        lost = (
            f"{self.lost:.1%} of {self.notes:,} beginnings of notes are lost ({self.moved:,} moved, {self.merged:,} "
            "merged)"
            if self.moved or self.merged
            else f"all {self.notes:,} beginnings of notes are kept"
        )
        triplets = f" {self.triplets / max(1, self.notes):.1%} are of triplets." if self.triplets else ""
        drums = f" {self.drums:,} notes are drums." if self.drums else ""
        return f"{self.steps} steps a beat: {lost}.{triplets}{drums}"


def find_grid(pieces: Iterable[Piece], most_lost: float = _MOST_LOST) -> Grid:
    """The coarsest grid that loses at most such a share of the beginnings; the finest where none does.

    >>> find_grid([Piece(480, [Note(0, 480, 60), Note(160, 1, 62), Note(320, 1, 64)])]).steps
    3
    >>> print(find_grid([Piece(480, [Note(0, 480, 60), Note(240, 240, 62)])]))
    2 steps a beat: all 2 beginnings of notes are kept.
    """
    pieces = list(pieces)
    if not any(piece.notes for piece in pieces):
        raise DataError("No notes, so that there is no grid of time. Give at least one piece with notes.")
    grids = (grid_of(pieces, steps) for steps in STEPS)
    return next((grid for grid in grids if grid.lost <= most_lost), grid_of(pieces, STEPS[-1]))


def grid_of(pieces: Iterable[Piece], steps: int) -> Grid:
    """What a grid of so many steps a beat loses."""
    notes = moved = merged = triplets = drums = 0
    for piece in pieces:
        begins = np.array([note.start for note in piece.notes], np.float64) / piece.ticks
        keys = np.array([(note.instrument, note.pitch) for note in piece.notes], np.int64).reshape(-1, 2)
        exact = np.unique(np.column_stack([keys, [note.start for note in piece.notes]]), axis=0) if len(keys) else keys
        rough = {(*key, _step(start, steps, piece.ticks)) for *key, start in exact.tolist()}
        notes += len(begins)
        moved += int((_distance(begins, steps) > _TOLERANCE).sum())
        merged += len(exact) - len(rough)
        thirds = (np.rint(12 * begins) % 3 != 0) & (_distance(begins, 12) < _distance(begins, 16))
        triplets += int((thirds & (_distance(begins, 12) <= _TOLERANCE)).sum())
        drums += sum(note.channel == DRUMS for note in piece.notes)
    return Grid(steps, notes, moved, merged, triplets, drums)


def on_grid(piece: Piece, steps: int) -> Piece:
    """The piece with ``steps`` ticks a beat, each note at the nearest and at least one long.

    Of notes of one instrument and pitch that begin together one is left; one that is struck again stops there, and the
    new one lasts as long as any.

    >>> on_grid(Piece(480, [Note(10, 700, 60), Note(490, 0, 60)]), 4).notes
    (Note(start=0, length=4, pitch=60, ...), Note(start=4, length=2, pitch=60, ...))
    """

    def step(tick: int) -> int:
        return _step(tick, steps, piece.ticks)

    by_key: defaultdict[tuple[int, int], list[Note]] = defaultdict(list)
    for note in piece.notes:
        found, start = by_key[note.instrument, note.pitch], step(note.start)
        end = max(start + 1, step(note.end))
        if found and found[-1].end > start:
            before = found.pop()
            end = max(end, before.end)
            if before.start < start:
                found.append(before._replace(length=start - before.start))
            else:
                note = note._replace(velocity=max(note.velocity, before.velocity))
        found.append(note._replace(start=start, length=end - start))
    tempos = {step(start): microseconds for start, microseconds in piece.tempos}
    metres = {step(one.start): one for one in piece.metres}
    return replace(
        piece,
        ticks=steps,
        notes=[note for found in by_key.values() for note in found],
        tempos=[Tempo(*one) for one in tempos.items()],
        metres=[Metre(start, one.beats, one.unit) for start, one in metres.items()],
    )


def _step(tick: int, steps: int, ticks: int) -> int:
    """The nearest step, the later of two."""
    return (2 * tick * steps + ticks) // (2 * ticks)


def _distance(beats: np.ndarray, steps: int) -> np.ndarray:
    distance: np.ndarray = np.abs(beats * steps - np.rint(beats * steps)) / steps
    return distance
