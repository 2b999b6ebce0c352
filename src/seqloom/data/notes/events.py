"""Standard MIDI files as events: bytes are walked once, within bounds, and nothing is believed before it is there.

Source: Standard MIDI Files 1.0, RP-001 (MIDI Manufacturers Association, 1996).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from seqloom.errors import DataError

__all__ = ["META", "Event", "File", "read_events"]

MOST_BYTES: Final = 16 << 20
MOST_EVENTS: Final = 500_000
MOST_TRACKS: Final = 512
META: Final = 0xFF
_END_OF_TRACK: Final = 0x2F
_SYSTEM: Final = (0xF0, 0xF7)
_SHORT: Final = (0xC0, 0xD0)
"""Program change and channel pressure have one byte of data; the other messages of channels have two."""


class Event(NamedTuple):
    """What happens at a tick: the status byte of a channel's message and its one or two bytes.

    Of a meta event ``status`` is META, ``first`` its kind and ``data`` what it holds.
    """

    tick: int
    track: int
    status: int
    first: int
    second: int
    data: bytes = b""


class File(NamedTuple):
    """The division of time in the header (ticks a beat, or frames), and the events by tick, then by track."""

    division: int
    events: list[Event]


def read_events(data: bytes, name: str) -> File:
    """The events of the bytes of a file, but those of system exclusive messages.

    Raises DataError, with the track and the byte, for what is no MIDI file, is cut short or damaged, is of type 2, or
    has more than 500,000 events or 512 tracks.
    """
    begin = 20 if data[:4] == b"RIFF" and data[8:12] == b"RMID" else 0
    if data[begin : begin + 4] != b"MThd":
        raise DataError(f"{name} is no MIDI file: expected MThd at its begin. Export it as a standard MIDI file.")
    length = int.from_bytes(data[begin + 4 : begin + 8])
    header = data[begin + 8 : begin + 14]
    if len(header) < 6 or length < 6:
        raise DataError(f"{name} is cut short within its header. Get it anew.")
    kind, tracks, division = (int.from_bytes(header[place : place + 2]) for place in (0, 2, 4))
    _check_header(name, kind, tracks, division)
    found: list[Event] = []
    chunks = list(_chunks(data, begin + 8 + length, tracks, name))
    for track, (first, last) in enumerate(chunks):
        found += _Track(data, first, last, track, name).events(MOST_EVENTS - len(found))
    found.sort(key=lambda event: (event.tick, event.track))
    return File(division, found)


def _check_header(name: str, kind: int, tracks: int, division: int) -> None:
    if kind == 2:
        raise DataError(
            f"{name} is of type 2: its tracks are pieces of their own. Save each as a file of type 0 or 1 of its own."
        )
    if kind > 2:
        raise DataError(f"{name}: its header says type {kind}, expected 0 or 1. It is damaged: get it anew.")
    if tracks > MOST_TRACKS:
        raise DataError(f"{name}: its header says {tracks:,} tracks, expected at most {MOST_TRACKS}.")
    if division == 0 or (division & 0x8000 and not division & 0xFF):
        raise DataError(f"{name}: its header gives a beat no ticks. It is damaged: get it anew.")


def _chunks(data: bytes, place: int, tracks: int, name: str) -> Iterator[tuple[int, int]]:
    """Where each track begins and ends."""
    found = 0
    while place + 8 <= len(data) and found < MOST_TRACKS:
        kind, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8])
        place += 8
        if kind == b"MTrk":
            if place + length > len(data):
                raise DataError(
                    f"{name} is cut short: track {found + 1} should take {length:,} bytes, but {len(data) - place:,} "
                    "are there. Get it anew."
                )
            yield place, place + length
            found += 1
        elif found < tracks and place + length > len(data):
            break
        place += length
    if found < tracks:
        raise DataError(f"{name} is cut short: its header says {tracks} tracks, {found} are there. Get it anew.")
    if not found:
        raise DataError(f"{name} has no track. There is nothing to learn from it: leave it out.")


class _Track:
    """A place in a track's bytes, moved on by reading."""

    def __init__(self, data: bytes, place: int, last: int, number: int, name: str) -> None:
        self.data, self.place, self.last, self.number, self.name = data, place, last, number, name

    def events(self, most: int) -> list[Event]:
        """All events of the track, at most so many."""
        found: list[Event] = []
        data, number, tick, running, seen = self.data, self.number, 0, 0, 0
        while self.place < self.last:
            seen += 1
            if seen > most:
                raise DataError(f"{self.name} has more than {MOST_EVENTS:,} events. Divide it into several files.")
            tick += self._number()
            status = self._byte()
            if status in (META, *_SYSTEM):
                kind = self._byte() if status == META else 0
                size = self._number()
                held = data[self.place : self._skip(size)]
                if status == META:
                    if kind == _END_OF_TRACK:
                        break
                    found.append(Event(tick, number, META, kind, 0, held))
                continue
            if status < 0x80:
                if not running:
                    raise self._wrong("data without a status: running status is cut")
                first, status = status, running
            else:
                if status >= _SYSTEM[0]:
                    raise self._wrong(f"the status byte {status:#04x} is not for files")
                first, running = self._byte(), status
            second = 0 if status & 0xF0 in _SHORT else self._byte()
            if first > 127 or second > 127:
                raise self._wrong("a status byte where data should be")
            found.append(Event(tick, number, status, first, second))
        return found

    def _byte(self) -> int:
        if self.place >= self.last:
            raise self._wrong("an event goes beyond the end of the track")
        self.place += 1
        return self.data[self.place - 1]

    def _number(self) -> int:
        """A number of up to four bytes, seven bits each."""
        value = 0
        for _ in range(4):
            byte = self._byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise self._wrong("a number has more than four bytes")

    def _skip(self, size: int) -> int:
        if self.place + size > self.last:
            raise self._wrong("an event goes beyond the end of the track")
        self.place += size
        return self.place

    def _wrong(self, what: str) -> DataError:
        return DataError(
            f"{self.name} is damaged: track {self.number + 1}, byte {self.place:,}: {what}. Get it anew, or export it "
            "again."
        )
