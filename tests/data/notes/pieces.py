"""Pieces and odd files, made by hand and from seeds."""

from __future__ import annotations

import numpy as np

from seqloom.data.notes import Metre, Note, Piece, Tempo


def drawn_piece(seed: int) -> Piece:
    """Any piece at all: overlaps, notes of no length, several instruments, changes of tempo and metre."""
    draw = np.random.default_rng(seed)
    ticks = int(draw.choice([1, 24, 96, 480, 960, 32767]))
    count = int(draw.integers(1, 60))
    starts = draw.integers(0, 12 * ticks + 1, count)
    lengths = draw.integers(0, 3 * ticks + 1, count) * draw.integers(0, 2, count)
    low = int(draw.integers(0, 120))
    programs = draw.integers(0, 128, count) * draw.integers(0, 2)
    columns = (
        starts,
        lengths,
        draw.integers(low, low + 8, count),
        draw.integers(1, 128, count),
        draw.choice([0, 0, 9, 15], count),
        programs,
    )
    changes = sorted({int(at) for at in draw.integers(0, 12 * ticks + 1, draw.integers(0, 4))})
    return Piece(
        ticks,
        [Note(*map(int, row)) for row in zip(*columns, strict=True)],
        [Tempo(at, int(draw.integers(1, 1 << 24))) for at in changes],
        [Metre(at, int(draw.integers(1, 13)), int(2 ** draw.integers(0, 5))) for at in changes[:2]],
    )


def midi(*tracks: bytes, kind: int = 1, division: int = 480, count: int | None = None) -> bytes:
    """A file of tracks whose end is added, with a header that may lie."""
    head = (len(tracks) if count is None else count).to_bytes(2) + division.to_bytes(2)
    return b"MThd" + (6).to_bytes(4) + kind.to_bytes(2) + head + b"".join(map(chunk, tracks))


def chunk(track: bytes, kind: bytes = b"MTrk") -> bytes:
    """A track, its end added."""
    track += b"\x00\xff\x2f\x00"
    return kind + len(track).to_bytes(4) + track


def message(*values: int) -> bytes:
    """Bytes."""
    return bytes(values)


ON, LONGER, OFF = message(0, 0x90, 60, 64), message(96, 0x90, 60, 80), message(96, 0x80, 60, 0)
REST = message(96, 0xFF, 1, 0)
PEDAL, LIFT = message(0, 0xB0, 64, 127), message(96, 0xB0, 64, 0)

ODD: dict[str, tuple[bytes, list[tuple[int, int, int]], str]] = {
    "plain": (midi(ON + OFF), [(0, 96, 60)], ""),
    "type 0": (midi(ON + OFF, kind=0), [(0, 96, 60)], ""),
    "velocity 0 as release": (midi(ON + message(96, 0x90, 60, 0)), [(0, 96, 60)], ""),
    "running status": (midi(ON + message(10, 60, 0, 0, 61, 9, 5, 61, 0)), [(0, 10, 60), (10, 5, 61)], ""),
    "running status over a meta event": (midi(ON + message(0, 0xFF, 1, 1, 65) + message(9, 60, 0)), [(0, 9, 60)], ""),
    "instant": (midi(ON + message(0, 0x80, 60, 0)), [(0, 0, 60)], "no length"),
    "overlapping": (midi(ON + LONGER + OFF + OFF), [(0, 192, 60), (96, 192, 60)], "first release ends the first"),
    "overlapping in two tracks": (midi(ON + OFF + OFF, LONGER + OFF), [(0, 96, 60), (96, 96, 60)], "of no note"),
    "never released": (midi(ON + message(96, 0x90, 61, 9) + REST), [(0, 192, 60), (96, 96, 61)], "never released"),
    "stray release": (midi(OFF + ON + OFF), [(96, 96, 60)], "releases of no note"),
    "pedal": (midi(PEDAL + ON + OFF + LIFT), [(0, 192, 60)], "sustain pedal"),
    "pedal, struck again": (
        midi(PEDAL + ON + OFF + LONGER + OFF + LIFT),
        [(0, 192, 60), (192, 192, 60)],
        "sustain pedal",
    ),
    "pedal never up": (midi(PEDAL + ON + OFF + REST), [(0, 192, 60)], "sustain pedal"),
    "pedal reset": (midi(PEDAL + ON + OFF + message(5, 0xB0, 121, 0)), [(0, 101, 60)], "sustain pedal"),
    "pedal of another track": (midi(PEDAL, ON + OFF + REST), [(0, 192, 60)], "sustain pedal"),
    "all notes off": (midi(ON + message(7, 0xB0, 123, 0)), [(0, 7, 60)], ""),
    "sound off": (midi(PEDAL + ON + message(7, 0xB0, 120, 0)), [(0, 7, 60)], ""),
    "another channel's notes off": (midi(ON + message(7, 0xB1, 123, 0) + OFF), [(0, 103, 60)], ""),
    "system exclusive": (midi(message(0, 0xF0, 3, 1, 2, 0xF7) + ON + OFF), [(0, 96, 60)], ""),
    "a key that cannot be": (midi(message(0, 0xFF, 0x59, 2, 9, 0) + ON + OFF), [(0, 96, 60)], ""),
    "a metre that cannot be": (midi(message(0, 0xFF, 0x58, 4, 0, 200, 24, 8) + ON + OFF), [(0, 96, 60)], "metres"),
    "a short metre": (midi(message(0, 0xFF, 0x58, 1, 4) + ON + OFF), [(0, 96, 60)], ""),
    "a short tempo": (midi(message(0, 0xFF, 0x51, 1, 4) + ON + OFF), [(0, 96, 60)], ""),
    "an offset that cannot be": (midi(message(0, 0xFF, 0x54, 5, 0xFF, 0, 0, 0, 0) + ON + OFF), [(0, 96, 60)], ""),
    "data after the end": (midi(ON + OFF + message(0, 0xFF, 0x2F, 0, 0, 60)), [(0, 96, 60)], ""),
    "an unknown chunk": (midi(ON + OFF).replace(b"MTrk", b"XXXX\0\0\0\2abMTrk", 1), [(0, 96, 60)], ""),
    "bytes after the last track": (midi(ON + OFF) + b"junk", [(0, 96, 60)], ""),
    "a chunk after the last track, cut": (midi(ON + OFF) + b"XXXX\0\0\xff\xff", [(0, 96, 60)], ""),
    "a track without its end": (midi(ON + OFF)[:-4].replace(b"\0\0\0\x0c", b"\0\0\0\x08"), [(0, 96, 60)], ""),
    "more tracks than said": (
        midi(ON + OFF, message(0, 0x91, 50, 1, 9, 0x81, 50, 0), count=1),
        [(0, 9, 50), (0, 96, 60)],
        "",
    ),
    "an empty track": (midi(b"", ON + OFF), [(0, 96, 60)], ""),
    "a long header": (
        midi(ON + OFF).replace(b"\0\0\0\6", b"\0\0\0\7").replace(b"\1\xe0", b"\1\xe0\0"),
        [(0, 96, 60)],
        "",
    ),
    "in RIFF": (b"RIFF\0\0\0\0RMIDdata\0\0\0\0" + midi(ON + OFF), [(0, 96, 60)], ""),
    "frames": (midi(ON + OFF, division=0xE728), [(0, 96, 60)], ""),
    "bends, pressure and controls": (
        midi(message(0, 0xE0, 1, 2, 0, 0xD0, 3, 0, 0xA0, 60, 4, 0, 0xB0, 7, 100) + ON + OFF),
        [(0, 96, 60)],
        "",
    ),
    "all keys": (
        midi(b"".join(message(0, 0x90, key, 64) for key in range(128)) + message(5, 0xB0, 123, 0)),
        [(0, 5, key) for key in range(128)],
        "",
    ),
    "tempos at one tick": (
        midi(message(0, 0xFF, 0x51, 3, 1, 0, 0, 0, 0xFF, 0x51, 3, 2, 0, 0) + ON + OFF),
        [(0, 96, 60)],
        "",
    ),
    "a tempo within a note": (midi(ON + message(50, 0xFF, 0x51, 3, 7, 0, 0) + OFF), [(0, 146, 60)], ""),
    "a tempo after the last note": (midi(ON + OFF + message(50, 0xFF, 0x51, 3, 7, 0, 0)), [(0, 96, 60)], ""),
    "the fastest and the slowest tempo": (
        midi(message(0, 0xFF, 0x51, 3, 0, 0, 1) + ON + message(9, 0xFF, 0x51, 3, 0xFF, 0xFF, 0xFF) + OFF),
        [(0, 105, 60)],
        "",
    ),
    "tempos in a later track": (midi(ON + OFF, message(48, 0xFF, 0x51, 3, 7, 0, 0)), [(0, 96, 60)], ""),
    "metres of many kinds": (
        midi(message(0, 0xFF, 0x58, 4, 7, 3, 24, 8, 9, 0xFF, 0x58, 4, 255, 6, 24, 8) + ON + OFF),
        [(9, 96, 60)],
        "",
    ),
    "one tick a beat": (midi(ON + OFF, division=1), [(0, 96, 60)], ""),
    "most ticks a beat": (midi(ON + OFF, division=0x7FFF), [(0, 96, 60)], ""),
    "end to end": (midi(ON + OFF + ON + OFF), [(0, 96, 60), (96, 96, 60)], ""),
    "struck as it ends, before its release": (
        midi(ON + LONGER + message(0, 0x80, 60, 0) + OFF),
        [(0, 96, 60), (96, 96, 60)],
        "first release ends the first",
    ),
    "an instant within a note": (
        midi(ON + OFF, message(5, 0x90, 60, 9, 0, 0x80, 60, 0)),
        [(0, 96, 60), (5, 0, 60)],
        "no length",
    ),
    "one key on all channels": (
        midi(b"".join(message(status < 0x90, status, 60, 9) for status in (*range(0x90, 0xA0), *range(0x80, 0x90)))),
        [(0, n + 1, 60) for n in range(16)],
        "",
    ),
    "drums under the pedal": (
        midi(message(0, 0xB9, 64, 127, 0, 0x99, 36, 64, 9, 0x89, 36, 0, 9, 0xB9, 64, 63)),
        [(0, 18, 36)],
        "sustain pedal",
    ),
    "a half pedal": (midi(message(0, 0xB0, 64, 63) + ON + OFF + REST), [(0, 96, 60)], ""),
    "a program within a note": (midi(ON + message(5, 0xC0, 9) + OFF + ON + OFF), [(0, 101, 60), (101, 96, 60)], ""),
    "sixteen deep": (
        midi(ON * 16 + OFF * 16),
        [(0, 96 * (n + 1), 60) for n in range(16)],
        "first release ends the first",
    ),
    "a late note": (midi(message(0xFF, 0xFF, 0x7F, 0x90, 60, 64) + OFF), [(2097151, 96, 60)], ""),
}

BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is no MIDI file"),
    "text": (b"c d e f g a b", "is no MIDI file: expected MThd"),
    "half a header": (midi(ON + OFF)[:11], "cut short within its header"),
    "header alone": (midi(ON + OFF)[:14], "header says 1 tracks, 0 are there"),
    "cut in a track": (midi(ON + OFF)[:-3], "is cut short: track 1 should take 12 bytes, but 9 are there"),
    "a track missing": (midi(ON + OFF, count=2), "header says 2 tracks, 1 are there"),
    "no track": (midi(), "has no track"),
    "no notes": (midi(message(0, 0xC0, 5)), "has no notes"),
    "releases alone": (midi(OFF), "has no notes"),
    "type 2": (midi(ON + OFF, kind=2), "is of type 2"),
    "type 9": (midi(ON + OFF, kind=9), "type 9"),
    "no ticks": (midi(ON + OFF, division=0), "gives a beat no ticks"),
    "no frames": (midi(ON + OFF, division=0xE700), "gives a beat no ticks"),
    "tempo 0": (midi(message(0, 0xFF, 0x51, 3, 0, 0, 0) + ON + OFF), "the tempo at beat 0.00 is 0"),
    "running status cut": (midi(message(0, 60, 64) + ON + OFF), "running status is cut"),
    "an event cut": (midi(ON + message(0, 0x90, 60))[:-4].replace(b"\0\0\0\x0b", b"\0\0\0\7"), "beyond the end"),
    "a long meta event": (midi(ON + message(0, 0xFF, 1, 0x7F)), "beyond the end of the track"),
    "a long number": (midi(ON + message(0xFF, 0xFF, 0xFF, 0xFF, 0xFF)), "more than four bytes"),
    "a status as data": (midi(message(0, 0x90, 60, 0x90)), "a status byte where data should be"),
    "real time": (midi(message(0, 0xF8) + ON + OFF), "0xf8 is not for files"),
    "too many tracks": (midi(ON + OFF, count=5000), "says 5,000 tracks"),
    "too long": (midi(ON + OFF + message(0xFF, 0xFF, 0xFF, 0x7F, 0x80, 60, 0)), "lasts 559,240 beats"),
    "many events": (midi(ON + message(0, 60, 0) * 101), "more than 100 events"),
}
