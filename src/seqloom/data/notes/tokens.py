"""Pieces as sequences of events: instrument, velocity, note on, note off, time shift; and back.

After Oore et al., This Time with Feeling (2018), and Huang et al., Music Transformer (2018), with steps of a grid
instead of milliseconds, and an event for the instrument.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.notes.grid import on_grid
from seqloom.data.notes.piece import DRUMS, Note, Piece, Tempo
from seqloom.errors import UsageError

__all__ = ["EventTokens"]

_PITCHES: Final = 128
_INSTRUMENTS: Final = 129
"""128 programs, and the drums."""


@final
@dataclass(frozen=True)
class EventTokens:
    """What a token means, on a grid of ``steps`` a beat.

    Tokens are numbers: note on (128 pitches), note off (128), time shift (1 to ``longest`` steps), velocity (in
    ``velocities`` classes), instrument (128 programs, then drums). Velocity and instrument hold until the next one.
    They begin as the middle class and program 0.

    >>> events = EventTokens(steps=1)
    >>> tokens = events.encode(Piece(1, [Note(0, 2, 60), Note(2, 1, 64)]))
    >>> [events.text(token) for token in tokens.tolist()]
    ['on 60', 'shift 2', 'off 60', 'on 64', 'shift 1', 'off 64']
    >>> len(events.decode(tokens).notes)
    2
    """

    steps: int
    longest: int = 32
    velocities: int = 16

    def __post_init__(self) -> None:
        problems = (
            f"{what}: expected 1 to {most:,}, got {value}."
            for what, value, most in (
                ("steps", self.steps, 960),
                ("longest", self.longest, 10_000),
                ("velocities", self.velocities, 127),
            )
            if not 1 <= value <= most
        )
        for problem in problems:
            raise UsageError(problem)

    def __len__(self) -> int:
        return self._instrument + _INSTRUMENTS

    @property
    def _shift(self) -> int:
        return 2 * _PITCHES

    @property
    def _velocity(self) -> int:
        return self._shift + self.longest

    @property
    def _instrument(self) -> int:
        return self._velocity + self.velocities

    def text(self, token: int) -> str:
        """What a token says, in words."""
        starts = (0, "on"), (_PITCHES, "off"), (self._shift, "shift"), (self._velocity, "velocity")
        start, word = max(one for one in (*starts, (self._instrument, "instrument")) if one[0] <= token)
        return f"{word} {token - start + (word == 'shift')}"

    def encode(self, piece: Piece) -> NDArray[np.int32]:
        """The tokens (T,) of a piece, moved to the grid: at a step what stops before what begins."""
        notes = on_grid(piece, self.steps).notes
        begins = [(note.start, 1, note.instrument, note.pitch, self._class(note.velocity)) for note in notes]
        ends = [(note.end, 0, note.instrument, note.pitch, 0) for note in notes]
        found, now, instrument, velocity = list[int](), 0, 0, self._class(64)
        for step, on, which, pitch, loud in sorted(begins + ends):
            whole, rest = divmod(step - now, self.longest)
            found += [self._shift + self.longest - 1] * whole + [self._shift + rest - 1] * (rest > 0)
            if which != instrument:
                found.append(self._instrument + which)
            if on and loud != velocity:
                found.append(self._velocity + loud)
                velocity = loud
            found.append(pitch if on else _PITCHES + pitch)
            now, instrument = step, which
        return np.array(found, np.int32)

    def decode(self, tokens: Iterable[int], tempo: int = 500_000) -> Piece:
        """The piece that tokens say, whatever they are: so also what a model drew.

        What is struck again stops there; what stops at once is one step long; an end of no note is passed over, and
        what never stops ends with the piece. Instruments take channels in their order, the sixteenth and later ones
        share the last. ``tempo`` is in microseconds a beat. Raises UsageError for a number that is no token.
        """
        now, instrument, velocity = 0, 0, self._class(64)
        down: dict[tuple[int, int], tuple[int, int]] = {}
        found: list[tuple[int, int, int, int, int]] = []

        def stop(key: tuple[int, int]) -> None:
            if begun := down.pop(key, None):
                found.append((begun[0], max(1, now - begun[0]), key[1], begun[1], key[0]))

        for token in map(int, tokens):
            if not 0 <= token < len(self):
                raise UsageError(f"Expected tokens from 0 to {len(self) - 1}, got {token}.")
            if token < _PITCHES:
                stop((instrument, token))
                down[instrument, token] = now, self._loudness(velocity)
            elif token < self._shift:
                stop((instrument, token - _PITCHES))
            elif token < self._velocity:
                now += token - self._shift + 1
            elif token < self._instrument:
                velocity = token - self._velocity
            else:
                instrument = token - self._instrument
        for key in list(down):
            stop(key)
        return on_grid(Piece(self.steps, self._notes(found), [Tempo(0, tempo)]), self.steps)

    def _notes(self, found: list[tuple[int, int, int, int, int]]) -> list[Note]:
        free = [channel for channel in range(16) if channel != DRUMS]
        used = sorted({which for *_, which in found if which < _PITCHES})
        channels = {which: free[min(place, len(free) - 1)] for place, which in enumerate(used)}
        return [
            Note(start, length, pitch, loud, channels.get(which, DRUMS), which % _PITCHES)
            for start, length, pitch, loud, which in found
        ]

    def _class(self, velocity: int) -> int:
        """The class of a velocity 1 to 127."""
        return (velocity - 1) * self.velocities // 127

    def _loudness(self, velocity: int) -> int:
        """The middle of a class."""
        least, beyond = (-(-127 * one // self.velocities) for one in (velocity, velocity + 1))
        return 1 + (least + beyond - 1) // 2
