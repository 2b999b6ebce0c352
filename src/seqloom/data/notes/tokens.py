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

__all__ = ["INSTRUMENTS", "PITCHES", "EventTokens"]

PITCHES: Final = 128
INSTRUMENTS: Final = 129
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
        return self.instrument + INSTRUMENTS

    @property
    def off(self) -> int:
        """The first token of notes off, that of pitch 0; those of notes on begin at 0."""
        return PITCHES

    @property
    def shift(self) -> int:
        """The first token of time shifts, that of one step."""
        return 2 * PITCHES

    @property
    def velocity(self) -> int:
        """The first token of velocities."""
        return self.shift + self.longest

    @property
    def instrument(self) -> int:
        """The first token of instruments."""
        return self.velocity + self.velocities

    def text(self, token: int) -> str:
        """What a token says, in words."""
        starts = (0, "on"), (self.off, "off"), (self.shift, "shift"), (self.velocity, "velocity")
        start, word = max(one for one in (*starts, (self.instrument, "instrument")) if one[0] <= token)
        return f"{word} {token - start + (word == 'shift')}"

    def movable(self, tokens: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which tokens (T,) are moved with a piece to another key: notes on and off, but those of drums.

        >>> events = EventTokens(steps=1)
        >>> tokens = events.encode(Piece(1, [Note(0, 1, 60), Note(0, 1, 36, channel=DRUMS)]))
        >>> [events.text(token) for token in tokens[events.movable(tokens)].tolist()]
        ['on 60', 'off 60']
        """
        named = np.where(tokens >= self.instrument, np.arange(len(tokens)), -1)
        named = np.maximum.accumulate(named) if len(named) else named
        drums = (named >= 0) & (tokens[np.maximum(named, 0)] == self.instrument + INSTRUMENTS - 1)
        found: NDArray[np.bool_] = (tokens < self.shift) & ~drums
        return found

    def encode(self, piece: Piece) -> NDArray[np.int32]:
        """The tokens (T,) of a piece, moved to the grid: at a step what stops before what begins."""
        notes = on_grid(piece, self.steps).notes
        begins = [(note.start, 1, note.instrument, note.pitch, self._class(note.velocity)) for note in notes]
        ends = [(note.end, 0, note.instrument, note.pitch, 0) for note in notes]
        found, now, instrument, velocity = list[int](), 0, 0, self._class(64)
        for step, on, which, pitch, loud in sorted(begins + ends):
            whole, rest = divmod(step - now, self.longest)
            found += [self.shift + self.longest - 1] * whole + [self.shift + rest - 1] * (rest > 0)
            if which != instrument:
                found.append(self.instrument + which)
            if on and loud != velocity:
                found.append(self.velocity + loud)
                velocity = loud
            found.append(pitch if on else PITCHES + pitch)
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
            if token < PITCHES:
                stop((instrument, token))
                down[instrument, token] = now, self._loudness(velocity)
            elif token < self.shift:
                stop((instrument, token - PITCHES))
            elif token < self.velocity:
                now += token - self.shift + 1
            elif token < self.instrument:
                velocity = token - self.velocity
            else:
                instrument = token - self.instrument
        for key in list(down):
            stop(key)
        return on_grid(Piece(self.steps, self._notes(found), [Tempo(0, tempo)]), self.steps)

    def _notes(self, found: list[tuple[int, int, int, int, int]]) -> list[Note]:
        free = [channel for channel in range(16) if channel != DRUMS]
        used = sorted({which for *_, which in found if which < PITCHES})
        channels = {which: free[min(place, len(free) - 1)] for place, which in enumerate(used)}
        return [
            Note(start, length, pitch, loud, channels.get(which, DRUMS), which % PITCHES)
            for start, length, pitch, loud, which in found
        ]

    def _class(self, velocity: int) -> int:
        """The class of a velocity 1 to 127."""
        return (velocity - 1) * self.velocities // 127

    def _loudness(self, velocity: int) -> int:
        """The middle of a class."""
        least, beyond = (-(-127 * one // self.velocities) for one in (velocity, velocity + 1))
        return 1 + (least + beyond - 1) // 2
