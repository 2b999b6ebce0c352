"""MIDI files to pieces: keys are paired with their releases, the sustain pedal holds what was lifted."""

from __future__ import annotations

from collections import Counter, deque
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from seqloom.data.notes.events import META, MOST_BYTES, Event, read_events
from seqloom.data.notes.piece import Metre, Note, Piece, Tempo
from seqloom.data.text.reader import no_such_file, shown
from seqloom.errors import DataError

__all__ = ["midi_piece", "read_midi"]

_Change = TypeVar("_Change", Tempo, Metre)

_MOST_BEATS: Final = 50_000
_OFF, _ON, _CONTROL, _PROGRAM = 0x80, 0x90, 0xB0, 0xC0
_PEDAL, _SOUND_OFF, _RESET, _NOTES_OFF = 64, 120, 121, 123
_TEMPO, _METRE = 0x51, 0x58
_REMARKS: Final = {
    "held": "held on by the sustain pedal",
    "overlapping": "began while the same key was down: the first release ends the first of them",
    "instant": "of no length, kept as such",
    "stray": "releases of no note, passed over",
    "unended": "never released: they end with the piece",
    "metres": "metres that cannot be, passed over",
}


def read_midi(path: str | Path, name: str = "") -> Piece:
    """Read a standard MIDI file of type 0 or 1, whose messages call it ``name`` (default: its path).

    Times stay exact, in ticks. Notes of all tracks are one list; a release ends the oldest note of its key, channel and
    track; with the sustain pedal down a note sounds until the pedal is up or its key is struck again. Files whose time
    is in frames have a beat of one second. The piece's ``remarks`` count what was repaired.

    Raises DataError for a file that is missing, larger than 16 MB, cut short, damaged or of type 2, for a tempo of 0,
    more than 500,000 events, more than 50,000 beats and no note.
    """
    path, name = Path(path), name or shown(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise DataError(no_such_file(str(path))) from None
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read {name}: {getattr(error, 'strerror', None) or error}.") from error
    return midi_piece(data, name)


def midi_piece(data: bytes, name: str = "standard input") -> Piece:
    """The same for the bytes of a file.

    >>> from seqloom.data.notes.writing import midi_bytes
    >>> midi_piece(midi_bytes(Piece(480, [Note(0, 480, 60)]))).notes
    (Note(start=0, length=480, pitch=60, velocity=64, channel=0, program=0),)
    """
    if len(data) > MOST_BYTES:
        raise DataError(f"{name} is larger than {MOST_BYTES >> 20} MB. Divide it into several files.")
    division, events = read_events(data, name)
    frames = division & 0x8000
    ticks = (256 - (division >> 8)) * (division & 0xFF) if frames else division
    if events and events[-1].tick > _MOST_BEATS * ticks:
        raise DataError(
            f"{name} lasts {events[-1].tick // ticks:,} beats, expected at most {_MOST_BEATS:,}. A time in it is "
            "damaged: get it anew, or divide it into several files."
        )
    keys = _Keys()
    tempos, metres = ([Tempo(0, 1_000_000)] if frames else []), []
    for event in events:
        if event.status != META:
            keys.take(event)
        elif event.first == _TEMPO and len(event.data) >= 3 and not frames:
            tempos.append(_tempo(event, ticks, name))
        elif event.first == _METRE and len(event.data) >= 2:
            if event.data[0] and event.data[1] <= 6:
                metres.append(Metre(event.tick, event.data[0], 1 << event.data[1]))
            else:
                keys.counts["metres"] += 1
    notes = keys.notes(events[-1].tick if events else 0)
    if not notes:
        raise DataError(f"{name} has no notes. There is nothing to learn from it: leave it out.")
    remarks = [f"{name}: {count:,} {_REMARKS[what]}." for what, count in sorted(keys.counts.items())]
    return Piece(ticks, notes, _last(tempos), _last(metres), name, remarks)


def _tempo(event: Event, ticks: int, name: str) -> Tempo:
    microseconds = int.from_bytes(event.data[:3])
    if not microseconds:
        raise DataError(
            f"{name}: the tempo at beat {event.tick / ticks:,.2f} is 0 microseconds a beat, so that all after it has "
            "no time. Give it a tempo in a notation program, or leave the file out."
        )
    return Tempo(event.tick, microseconds)


def _last(changes: list[_Change]) -> list[_Change]:
    """Of changes at one tick the last."""
    return list({one.start: one for one in changes}.values())


class _Sounding(NamedTuple):
    """A note that has no end yet."""

    start: int
    velocity: int
    program: int


class _Keys:
    """Which keys are down, and which still sound because a pedal is."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._found: list[Note] = []
        self._program = [0] * 16
        self._pedal = [False] * 16
        self._down: list[dict[tuple[int, int], deque[_Sounding]]] = [{} for _ in range(16)]
        self._held: list[dict[int, list[_Sounding]]] = [{} for _ in range(16)]

    def take(self, event: Event) -> None:
        """What one event does."""
        tick, track, status, first, second, _ = event
        kind, channel = status & 0xF0, status & 0x0F
        if kind == _ON and second:
            self._strike(tick, channel, (track, first), second)
        elif kind in (_ON, _OFF):
            self._lift(tick, channel, (track, first))
        elif kind == _PROGRAM:
            self._program[channel] = first
        elif kind == _CONTROL and first in (_PEDAL, _RESET):
            self._pedal[channel] = first == _PEDAL and second >= 64
            if not self._pedal[channel]:
                self._release(tick, channel)
        elif kind == _CONTROL and (first == _SOUND_OFF or first >= _NOTES_OFF):
            self._silence(tick, channel)

    def notes(self, last: int) -> list[Note]:
        """All of them; what still sounds ends at the tick ``last``."""
        for channel in range(16):
            self.counts["unended"] += sum(map(len, self._down[channel].values()))
            self._silence(last, channel)
        self.counts["instant"] = sum(not note.length for note in self._found)
        self.counts = +self.counts
        return self._found

    def _strike(self, tick: int, channel: int, key: tuple[int, int], velocity: int) -> None:
        for note in self._held[channel].pop(key[1], ()):
            self._add(note, tick, channel, key[1])
        waiting = self._down[channel].setdefault(key, deque())
        self.counts["overlapping"] += bool(waiting)
        waiting.append(_Sounding(tick, velocity, self._program[channel]))

    def _lift(self, tick: int, channel: int, key: tuple[int, int]) -> None:
        waiting = self._down[channel].get(key)
        if not waiting:
            self.counts["stray"] += 1
            return
        note = waiting.popleft()
        if not waiting:
            del self._down[channel][key]
        if self._pedal[channel]:
            self._held[channel].setdefault(key[1], []).append(note)
            self.counts["held"] += 1
        else:
            self._add(note, tick, channel, key[1])

    def _silence(self, tick: int, channel: int) -> None:
        """End all that sounds on a channel."""
        for (_, pitch), waiting in self._down[channel].items():
            for note in waiting:
                self._add(note, tick, channel, pitch)
        self._down[channel].clear()
        self._release(tick, channel)

    def _release(self, tick: int, channel: int) -> None:
        """End what sounds by the pedal alone."""
        for pitch, notes in self._held[channel].items():
            for note in notes:
                self._add(note, tick, channel, pitch)
        self._held[channel].clear()

    def _add(self, note: _Sounding, tick: int, channel: int, pitch: int) -> None:
        self._found.append(Note(note.start, tick - note.start, pitch, note.velocity, channel, note.program))
