"""Piano rolls: which of the 88 keys sound at each step, as arrays and as lists of pitches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.notes.piece import DRUMS, Note, Piece, Tempo
from seqloom.errors import UsageError

__all__ = ["KEYS", "LOWEST", "Roll", "from_roll", "pitches", "roll_of_pitches", "room", "to_roll", "transposed"]

KEYS: Final = 88
LOWEST: Final = 21
"""The pitch of the first key, A0."""
Roll = NDArray[np.bool_]
"""(T, 88)"""


def to_roll(piece: Piece) -> Roll:
    """The roll (T, 88) of a piece on a grid: true where a key sounds; without drums and what a piano has no key for.

    A tick is a step, so that a piece goes through :func:`~seqloom.data.notes.grid.on_grid` before.

    >>> to_roll(Piece(1, [Note(0, 2, 21), Note(1, 1, 108)])).nonzero()
    (array([0, 1, 1]), array([ 0,  0, 87]))
    """
    roll = np.zeros((piece.end, KEYS), np.bool_)
    for note in piece.notes:
        if 0 <= note.pitch - LOWEST < KEYS and note.channel != DRUMS:
            roll[note.start : note.end, note.pitch - LOWEST] = True
    return roll


def from_roll(roll: NDArray[Any], steps: int = 4, velocity: int = 64, tempo: int = 500_000) -> Piece:
    """The piece of a roll (T, 88) with ``steps`` a beat, in which each run of a key is a note.

    ``tempo`` is in microseconds a beat.

    >>> from_roll(to_roll(Piece(1, [Note(0, 2, 60)])), 1).notes
    (Note(start=0, length=2, pitch=60, velocity=64, channel=0, program=0),)
    """
    sounds = _checked(roll).T
    edges = np.diff(sounds, axis=1, prepend=False, append=False)
    keys, places = edges.nonzero()
    begins, ends = places[::2], places[1::2]
    notes = zip(begins.tolist(), (ends - begins).tolist(), (keys[::2] + LOWEST).tolist(), strict=True)
    return Piece(steps, [Note(*note, velocity) for note in notes], [Tempo(0, tempo)])


def pitches(roll: NDArray[Any]) -> list[list[int]]:
    """The pitches that sound at each step, from low to high.

    >>> pitches(roll_of_pitches([[60, 64], []]))
    [[60, 64], []]
    """
    return [(np.flatnonzero(row) + LOWEST).tolist() for row in _checked(roll)]


def roll_of_pitches(steps: Iterable[Sequence[float]]) -> Roll:
    """The roll (T, 88) of lists of pitches; those that a piano has no key for are left out."""
    rows = list(steps)
    roll = np.zeros((len(rows), KEYS), np.bool_)
    for row, here in zip(roll, rows, strict=True):
        row[[int(pitch) - LOWEST for pitch in here if 0 <= pitch - LOWEST < KEYS]] = True
    return roll


def room(roll: NDArray[Any]) -> range:
    """By how many semitones a roll can be moved without losing a key.

    >>> room(roll_of_pitches([[22, 100]]))
    range(-1, 9)
    """
    used = np.flatnonzero(_checked(roll).any(axis=0))
    return range(-int(used[0]), KEYS - int(used[-1])) if len(used) else range(1)


def transposed(roll: NDArray[Any], semitones: int) -> Roll:
    """The roll some semitones higher, or lower where they are negative.

    Training on a piece in other keys: draw ``semitones`` from :func:`room`. Raises UsageError where a key
    would be lost.

    >>> pitches(transposed(roll_of_pitches([[60], [64]]), -2))
    [[58], [62]]
    """
    if semitones not in room(roll):
        there = room(roll)
        raise UsageError(f"Expected {there[0]} to {there[-1]} semitones, so that all keys are kept, got {semitones}.")
    return np.roll(_checked(roll), semitones, axis=1)


def _checked(roll: NDArray[Any]) -> Roll:
    if roll.ndim != 2 or roll.shape[1] != KEYS:
        raise UsageError(f"Expected a roll (T, {KEYS}), got one of the shape {roll.shape}.")
    return roll.astype(np.bool_)
