"""Pieces to MIDI files that every reader understands alike."""

from __future__ import annotations

import heapq
from collections import defaultdict
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from seqloom.data.notes.piece import Note, Piece
from seqloom.errors import UsageError

__all__ = ["midi_bytes", "save_midi"]

_END: Final = b"\x00\xff\x2f\x00"
_MOST_TICKS: Final = (1 << 15) - 1
_LONGEST: Final = (1 << 28) - 1


def save_midi(path: str | Path, piece: Piece) -> None:
    """Write a piece as a standard MIDI file of type 1.

    >>> import tempfile
    >>> from seqloom.data.notes import read_midi
    >>> path = Path(tempfile.mkdtemp(), "one.mid")
    >>> save_midi(path, piece := Piece(480, [Note(0, 480, 60), Note(240, 0, 60)]))
    >>> read_midi(path) == piece
    True
    """
    Path(path).write_bytes(midi_bytes(piece))


def midi_bytes(piece: Piece) -> bytes:
    """The same as bytes.

    Notes of one key and channel that overlap go into tracks of their own, so that each release has one note it can
    mean. Raises UsageError for a number that MIDI cannot hold.
    """
    _check(piece)
    tracks = [_changes(piece), *_tracks(piece)]
    head = b"MThd" + (6).to_bytes(4) + b"".join(number.to_bytes(2) for number in (1, len(tracks), piece.ticks))
    return head + b"".join(b"MTrk" + len(track).to_bytes(4) + track for track in tracks)


def _check(piece: Piece) -> None:
    bounds = {"length": (0, _LONGEST), "pitch": (0, 127), "velocity": (1, 127), "channel": (0, 15), "program": (0, 127)}
    if not 1 <= piece.ticks <= _MOST_TICKS:
        raise UsageError(f"A beat of MIDI has 1 to {_MOST_TICKS:,} ticks, got {piece.ticks}.")
    for note in piece.notes:
        values = note._asdict()
        for what, (least, most) in {"start": (0, _LONGEST), **bounds}.items():
            if not least <= values[what] <= most:
                raise UsageError(f"{note}: the {what} of a note in MIDI is {least} to {most:,}.")
    for tempo in piece.tempos:
        if not 1 <= tempo.microseconds < 1 << 24 or tempo.start < 0:
            raise UsageError(f"{tempo}: a beat in MIDI takes 1 to {(1 << 24) - 1:,} microseconds, from tick 0 on.")
    for metre in piece.metres:
        if not 1 <= metre.beats < 256 or metre.unit not in (1, 2, 4, 8, 16, 32, 64) or metre.start < 0:
            raise UsageError(f"{metre}: a metre in MIDI has 1 to 255 beats of 1, 2, 4 … 64, from tick 0 on.")


def _changes(piece: Piece) -> bytes:
    """The track of tempos and metres."""
    found = [(start, b"\xff\x51\x03" + microseconds.to_bytes(3)) for start, microseconds in piece.tempos]
    found += [
        (start, b"\xff\x58\x04" + bytes([beats, unit.bit_length() - 1, 24, 8])) for start, beats, unit in piece.metres
    ]
    return _track(sorted(found))


class _Said(NamedTuple):
    """An event in the order in which files are read: by tick, by track, releases first, notes of no length whole."""

    tick: int
    track: int
    order: int
    note: Note
    begins: bool


def _tracks(piece: Piece) -> list[bytes]:
    said: list[_Said] = []
    for number, (note, track) in enumerate(_layers(piece), 1):
        said.append(_Said(note.start, track, 2 * number, note, True))
        said.append(_Said(note.end, track, 0 if note.length else 2 * number + 1, note, False))
    said.sort()
    tracks: defaultdict[int, list[tuple[int, bytes]]] = defaultdict(list)
    programs = [0] * 16
    for tick, track, _, note, begins in said:
        if begins and programs[note.channel] != note.program:
            programs[note.channel] = note.program
            tracks[track].append((tick, bytes([0xC0 | note.channel, note.program])))
        status = 0x90 if begins else 0x80
        tracks[track].append((tick, bytes([status | note.channel, note.pitch, note.velocity if begins else 0])))
    return [_track(tracks[number]) for number in sorted(tracks)]


def _layers(piece: Piece) -> list[tuple[Note, int]]:
    """Each note with the first track in which its key is free."""
    found = []
    by_key = sorted(piece.notes, key=lambda note: (note.channel, note.pitch, note))
    for _, notes in groupby(by_key, key=lambda note: (note.channel, note.pitch)):
        free, busy, tracks = list[int](), list[tuple[int, int]](), 0
        for note in notes:
            while busy and busy[0][0] <= note.start:
                heapq.heappush(free, heapq.heappop(busy)[1])
            if not free:
                heapq.heappush(free, tracks)
                tracks += 1
            track = heapq.heappop(free)
            heapq.heappush(busy, (note.end, track))
            found.append((note, track))
    return sorted(found)


def _track(events: list[tuple[int, bytes]]) -> bytes:
    found, tick = bytearray(), 0
    for at, data in events:
        found += _number(at - tick) + data
        tick = at
    return bytes(found) + _END


def _number(value: int) -> bytes:
    """Seven bits a byte, the highest first."""
    found = [value & 0x7F]
    while value := value >> 7:
        found.append(value & 0x7F | 0x80)
    return bytes(reversed(found))
