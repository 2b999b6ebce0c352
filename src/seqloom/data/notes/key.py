"""The key of a piece, from how long each pitch class sounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from seqloom.data.notes.piece import DRUMS, Note

__all__ = ["Key", "find_key", "pitch_name"]

_MAJOR: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_NAMES: Final = {
    "major": ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"),
}


def pitch_name(pitch: int) -> str:
    """What a pitch is called, middle C being C4.

    >>> pitch_name(60), pitch_name(21), pitch_name(70)
    ('C4', 'A0', 'Bb4')
    """
    return f"{_NAMES['major'][pitch % 12]}{pitch // 12 - 1}"


class Key(NamedTuple):
    """A key: its ``tonic`` 0 to 11 (0 is C), ``mode`` major or minor, and how well it fits, a ``correlation``."""

    tonic: int
    mode: str
    correlation: float

    def __str__(self) -> str:
        return f"{_NAMES[self.mode][self.tonic]} {self.mode}"


def find_key(notes: Iterable[Note]) -> Key | None:
    """The key whose profile correlates best with the lengths of the twelve pitch classes; drums do not count.

    None where nothing speaks for one key: no notes, or all pitch classes alike. Method and profiles: Krumhansl and
    Schmuckler; Krumhansl and Kessler (1982).

    >>> str(find_key([Note(0, 4, pitch) for pitch in (60, 62, 64, 65, 67, 69, 71, 72, 67, 60)]))
    'C major'
    """
    lengths = np.zeros(12)
    for note in notes:
        if note.channel != DRUMS:
            lengths[note.pitch % 12] += note.length
    if np.ptp(lengths) == 0:
        return None
    keys = [
        Key(tonic, mode, float(np.corrcoef(np.roll(profile, tonic), lengths)[0, 1]))
        for mode, profile in (("major", _MAJOR), ("minor", _MINOR))
        for tonic in range(12)
    ]
    return max(keys, key=lambda key: key.correlation)
