"""What may come next in a row of events, so that every piece that is drawn can be played, and none is stuck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.notes.piece import Note
from seqloom.data.notes.tokens import INSTRUMENTS, PITCHES, EventTokens

__all__ = ["Limits", "Playing", "Rules"]

_RARE = 0.001
_ANY, _INSTRUMENT, _VELOCITY = 0, 1, 2
"""The kind of event that came last, where it says what must follow."""


class Limits(NamedTuple):
    """How many steps a ``note`` and a ``silence`` may last, how many notes may sound at once (``most``), and of each
    instrument that may play the lowest and the highest pitch: ``ranges`` [instrument, lowest, highest]."""

    note: int
    silence: int
    most: int
    ranges: list[list[int]]

    @classmethod
    def learned(cls, pieces: Sequence[Sequence[Note]]) -> Self:
        """Of the notes of pieces on a grid, but for one in a thousand.

        >>> Limits.learned([[Note(0, 2, 60), Note(0, 1, 64), Note(5, 1, 62)]])
        Limits(note=2, silence=3, most=2, ranges=[[0, 60, 64]])
        """
        lengths, silences, counts = [1], [1], [1]
        pitches: dict[int, list[int]] = {}
        for notes in pieces:
            end = max((note.end for note in notes), default=0)
            edges = np.zeros(end + 1, np.int64)
            for note in notes:
                edges[note.start] += 1
                edges[note.end] -= 1
                lengths.append(note.length)
                pitches.setdefault(note.instrument, []).append(note.pitch)
            sounding = edges.cumsum()[:end]
            counts += sounding.tolist()
            silences += _runs(sounding == 0)
        longest, silence, most = (
            int(np.quantile(one, 1 - _RARE, method="higher")) for one in (lengths, silences, counts)
        )
        ranges = [[instrument, min(found), max(found)] for instrument, found in sorted(pitches.items())]
        return cls(longest, silence, most, ranges)


class Playing(NamedTuple):
    """Of B rows: the ages of notes in steps (B, 129, 128), -1 of keys that are up; the instrument, the steps of
    silence, what kind of event came last, and whether any note has begun (B,)."""

    ages: Tensor
    instrument: Tensor
    silent: Tensor
    last: Tensor
    begun: Tensor


class Rules:
    """Which events may come, so that there always is one, and only finitely many before time passes.

    Keys go down that are up, in the range of their instrument, and up that have been down for a step; an instrument or
    a loudness is named only where a note follows. A note that has lasted as long as any is released before all else;
    time passes neither over that nor over the longest silence; not more notes sound at once than may. A piece ends in
    silence, and not before its first note.

    ``used`` are the velocities and shifts that may come; ``size`` tokens V are told apart, ``end`` among them.
    """

    def __init__(self, events: EventTokens, limits: Limits, used: Sequence[int], size: int, end: int) -> None:
        self.events, self.limits, self.size, self.end = events, limits, size, end
        self._range = torch.zeros(INSTRUMENTS, PITCHES, dtype=torch.bool)
        for instrument, lowest, highest in limits.ranges:
            self._range[instrument, lowest : highest + 1] = True
        self._used = torch.zeros(size, dtype=torch.bool)
        self._used[[*used, events.shift]] = True

    def begin(self, rows: int) -> Playing:
        """Before the first event."""
        none = torch.zeros(rows, dtype=torch.int64)
        return Playing(torch.full((rows, INSTRUMENTS, PITCHES), -1, dtype=torch.int16), none, none, none, none.bool())

    def after(self, tokens: Tensor, playing: Playing) -> Playing:
        """Once the events tokens (B,) have come."""
        events, rows = self.events, torch.arange(len(tokens))
        ages, instrument = playing.ages.clone(), playing.instrument
        on, off = tokens < events.off, (tokens >= events.off) & (tokens < events.shift)
        ages[rows[on], instrument[on], tokens[on]] = 0
        ages[rows[off], instrument[off], tokens[off] - events.off] = -1
        passed = torch.where((tokens >= events.shift) & (tokens < events.velocity), tokens - events.shift + 1, 0)
        down = ages >= 0
        ages = torch.where(down, ages + passed.to(ages)[:, None, None], ages)
        silent = torch.where(down.any(-1).any(-1), 0, playing.silent + passed)
        named = (tokens >= events.instrument) & (tokens < len(events))
        louder = (tokens >= events.velocity) & (tokens < events.instrument)
        last = torch.where(named, _INSTRUMENT, torch.where(louder, _VELOCITY, _ANY))
        return Playing(
            ages, torch.where(named, tokens - events.instrument, instrument), silent, last, playing.begun | on
        )

    def allowed(self, playing: Playing) -> Tensor:
        """Which tokens may come next (B, V)."""
        ages, limits, events = playing.ages, self.limits, self.events
        rows, down = torch.arange(len(ages)), ages >= 0
        tired = ages >= limits.note
        some_tired = tired.any(-1).any(-1)
        room = (down.sum((1, 2)) < limits.most) & ~some_tired
        begins = ~down & self._range & room[:, None, None]
        stops = torch.where(some_tired[:, None, None], tired, ages > 0)
        free, louder = playing.last == _ANY, playing.last == _VELOCITY
        may_begin = begins[rows, playing.instrument]
        some = down.any(-1).any(-1)
        patience = torch.where(some, limits.note - ages.amax((1, 2)), limits.silence - playing.silent)
        shifts = torch.arange(1, events.longest + 1) <= patience[:, None]
        others = (begins | stops).any(-1) & (torch.arange(INSTRUMENTS) != playing.instrument[:, None])
        parts = [
            may_begin,
            stops[rows, playing.instrument] & ~louder[:, None],
            shifts & free[:, None] & self._used[events.shift : events.velocity],
            (may_begin.any(-1) & ~louder)[:, None] & self._used[events.velocity : events.instrument],
            others & free[:, None],
        ]
        found = torch.zeros(len(ages), self.size, dtype=torch.bool)
        found[:, : len(events)] = torch.cat(parts, -1)
        found[:, self.end] = free & ~some & playing.begun
        return found


def _runs(silent: NDArray[Any]) -> list[int]:
    """How long each run of true is."""
    edges = np.flatnonzero(np.diff(silent.astype(np.int8), prepend=0, append=0))
    found: list[int] = (edges[1::2] - edges[::2]).tolist()
    return found
