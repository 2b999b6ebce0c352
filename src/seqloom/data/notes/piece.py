"""Music as plain values: notes with exact times in ticks, and the changes of tempo and metre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import UsageError

__all__ = ["DRUMS", "Metre", "Note", "Piece", "Tempo"]

DRUMS: Final = 9
"""The channel whose pitches are drums, as General MIDI has it (channel 10, counted from 1)."""


class Note(NamedTuple):
    """A note: ``start`` and ``length`` in ticks, ``pitch`` 0 to 127 (60 is middle C), ``velocity`` 1 to 127.

    ``channel`` is 0 to 15, ``program`` the instrument, 0 to 127.
    """

    start: int
    length: int
    pitch: int
    velocity: int = 64
    channel: int = 0
    program: int = 0

    @property
    def end(self) -> int:
        """The tick at which it stops."""
        return self.start + self.length

    @property
    def instrument(self) -> int:
        """The program, or 128 for drums."""
        return 128 if self.channel == DRUMS else self.program


class Tempo(NamedTuple):
    """From the tick ``start`` on a beat (a quarter note) takes so many ``microseconds``."""

    start: int
    microseconds: int = 500_000


class Metre(NamedTuple):
    """From the tick ``start`` on a bar has so many ``beats`` of the ``unit`` 1, 2, 4, 8 …"""

    start: int
    beats: int = 4
    unit: int = 4


@dataclass(frozen=True)
class Piece:
    """Notes by their start, ``ticks`` of which make a beat; without a tempo 120 beats a minute, without a metre 4/4.

    ``remarks`` say what reading it repaired, and how often.

    >>> piece = Piece(480, [Note(480, 240, 60), Note(0, 480, 64)], [Tempo(0, 1_000_000)])
    >>> [note.pitch for note in piece.notes], piece.end, piece.seconds([0, 720]).tolist()
    ([64, 60], 720, [0.0, 1.5])
    """

    ticks: int
    notes: Sequence[Note]
    tempos: Sequence[Tempo] = ()
    metres: Sequence[Metre] = ()
    name: str = field(default="piece", compare=False)
    remarks: Sequence[str] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "remarks", tuple(self.remarks))
        for part in ("notes", "tempos", "metres"):
            object.__setattr__(self, part, tuple(sorted(getattr(self, part))))

    @property
    def end(self) -> int:
        """The tick at which the last note stops."""
        return max((note.end for note in self.notes), default=0)

    def seconds(self, ticks: ArrayLike) -> NDArray[np.float64]:
        """When ticks are played, in seconds from the begin."""
        tempos = {0: Tempo(0).microseconds} | dict(self.tempos)
        starts = np.array(list(tempos), np.float64)
        paces = np.array(list(tempos.values()), np.float64) / self.ticks / 1e6
        begins = np.concatenate([[0.0], np.cumsum(np.diff(starts) * paces[:-1])])
        at = np.asarray(ticks, np.float64)
        which = np.searchsorted(starts, at, "right") - 1
        found: NDArray[np.float64] = begins[which] + (at - starts[which]) * paces[which]
        return found

    @property
    def room(self) -> range:
        """By how many semitones it can be moved within the pitches of MIDI; drums stay."""
        pitches = [note.pitch for note in self.notes if note.channel != DRUMS]
        return range(-min(pitches), 128 - max(pitches)) if pitches else range(1)

    def transposed(self, semitones: int) -> Piece:
        """The piece some semitones higher, or lower where they are negative; drums stay.

        Training on a piece in other keys: draw ``semitones`` from ``room``. Raises UsageError for others.

        >>> [note.pitch for note in Piece(1, [Note(0, 1, 60), Note(0, 1, 60, channel=DRUMS)]).transposed(2).notes]
        [60, 62]
        """
        if semitones not in self.room:
            raise UsageError(
                f"Expected {self.room[0]} to {self.room[-1]} semitones, so that all pitches are 0 to 127, got "
                f"{semitones}."
            )
        moved = [note if note.channel == DRUMS else note._replace(pitch=note.pitch + semitones) for note in self.notes]
        return replace(self, notes=moved)

    def bars(self) -> list[int]:
        """The ticks at which bars begin, up to the end.

        >>> Piece(4, [Note(0, 20, 60)], metres=[Metre(0, 3, 4)]).bars()
        [0, 12]
        """
        metres = [*({0: Metre(0)} | {one.start: one for one in self.metres}).values()]
        found: list[int] = []
        for here, after in zip(metres, [*metres[1:], Metre(max(self.end, 1))], strict=True):
            bar = max(1, 4 * self.ticks * here.beats // here.unit)
            found += range(here.start, after.start, bar)
        return found
