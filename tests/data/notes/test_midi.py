"""MIDI files are read as what they say, hostile ones are named, and what is written is read again."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import mido
import numpy as np
import pytest

from seqloom.data.notes import Metre, Note, Piece, Tempo, events, read_midi, save_midi
from seqloom.data.notes.events import MOST_BYTES
from seqloom.data.notes.reading import midi_piece
from seqloom.data.notes.writing import midi_bytes
from seqloom.errors import DataError, UsageError
from tests.data.notes.pieces import BAD, ODD, OFF, ON, drawn_piece, message, midi


@pytest.mark.parametrize("what", ODD)
def test_odd_files_are_read_and_come_back(what: str) -> None:
    data, notes, remark = ODD[what]
    piece = midi_piece(data, what)
    assert [(note.start, note.length, note.pitch) for note in piece.notes] == sorted(notes)
    assert len(piece.remarks) == bool(remark), piece.remarks
    assert remark in "".join(piece.remarks)
    assert midi_piece(midi_bytes(piece)) == piece


def test_there_are_fifty_odd_files() -> None:
    assert len(ODD) >= 50


@pytest.mark.slow
def test_a_million_events() -> None:
    with pytest.raises(DataError, match="more than 500,000 events"):
        midi_piece(midi(ON + message(0, 60, 0) * 1_000_000))


@pytest.mark.parametrize("what", BAD)
def test_bad_files_are_named(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_EVENTS", 100)
    data, sentence = BAD[what]
    path = tmp_path / "bad.mid"
    path.write_bytes(data)
    with pytest.raises(DataError, match=sentence) as caught:
        read_midi(path)
    assert str(path) in str(caught.value)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, sentence in (tmp_path / "no.mid", "No such file"), (tmp_path, "Is a directory"), ("a\0b", "null"):
        with pytest.raises(DataError, match=sentence):
            read_midi(path)
    with pytest.raises(DataError, match="larger than 16 MB"):
        midi_piece(bytes(MOST_BYTES + 1))


def test_written_pieces_are_read_again(tmp_path: Path) -> None:
    for piece in map(drawn_piece, range(200)):
        save_midi(tmp_path / "a.mid", piece)
        assert read_midi(tmp_path / "a.mid") == piece


@pytest.mark.parametrize("seed", range(10))
def test_mido_hears_the_same_notes(seed: int) -> None:
    """A reader of another house, pairing by whatever rule: no two notes of a key overlap in a track."""
    piece = drawn_piece(seed)
    found, program, down = [], [0] * 16, {}
    tracks = mido.MidiFile(file=io.BytesIO(midi_bytes(piece))).tracks
    events = [(at, number, one) for number, track in enumerate(tracks) for at, one in _timed(track)]
    for at, number, one in sorted(events, key=lambda event: event[:2]):
        if one.type == "program_change":
            program[one.channel] = one.program
        elif one.type == "note_on":
            key = number, one.channel, one.note
            assert key not in down
            down[key] = Note(at, 0, one.note, one.velocity, one.channel, program[one.channel])
        elif one.type == "note_off":
            note = down.pop((number, one.channel, one.note))
            found.append(note._replace(length=at - note.start))
    assert tuple(sorted(found)) == piece.notes
    assert [(at, one.tempo) for at, _, one in events if one.type == "set_tempo"] == list(piece.tempos)
    metres = [(at, one.numerator, one.denominator) for at, _, one in events if one.type == "time_signature"]
    assert metres == list(piece.metres)


def _timed(track: mido.MidiTrack) -> list[tuple[int, mido.Message]]:
    return list(zip(itertools.accumulate(one.time for one in track), track, strict=True))


def test_what_mido_writes_is_read() -> None:
    file, track = mido.MidiFile(ticks_per_beat=96), mido.MidiTrack()
    file.tracks.append(track)
    track += [
        mido.MetaMessage("set_tempo", tempo=400_000),
        mido.MetaMessage("time_signature", numerator=6, denominator=8, time=5),
        mido.Message("program_change", channel=3, program=40),
        mido.Message("note_on", channel=3, note=70, velocity=9, time=300),
        mido.Message("note_off", channel=3, note=70, time=20_000),
    ]
    file.save(file=(buffer := io.BytesIO()))
    assert midi_piece(buffer.getvalue()) == Piece(
        96, [Note(305, 20_000, 70, 9, 3, 40)], [Tempo(0, 400_000)], [Metre(5, 6, 8)]
    )


def _mutated(seed: int) -> bytes:
    """A good file with bytes changed, cut out, doubled or cut off; most of them with lengths that fit again."""
    draw = np.random.default_rng(seed)
    source = midi_bytes(drawn_piece(seed % 17)) if seed % 2 else list(ODD.values())[seed % len(ODD)][0]
    data = bytearray(source)
    for _ in range(draw.integers(1, 6)):
        place = int(draw.integers(len(data))) if data else 0
        match draw.integers(5):
            case 0:
                data[place : place + 1] = draw.bytes(1)
            case 1:
                del data[place : place + int(draw.integers(1, 5))]
            case 2:
                data[place:place] = data[place : place + int(draw.integers(1, 20))]
            case 3:
                data[place:place] = draw.choice([b"\xff", b"\x80", b"\xff\x51\x03\0\0\0", b"\xff\xff\xff\x7f", b"MTrk"])
            case _:
                del data[int(draw.integers(len(data) + 1)) if draw.random() < 0.2 else len(data) :]
    return midi(*(track[4:] for track in bytes(data).split(b"MTrk")[1:])) if seed % 3 else bytes(data)


def _survives(seeds: range) -> None:
    results, messages = [], []
    for seed in seeds:
        try:
            piece = midi_piece(_mutated(seed), f"{seed}.mid")
        except DataError as error:
            results.append(False)
            messages.append(str(error))
        else:
            assert midi_piece(midi_bytes(piece)) == piece
            results.append(True)
    assert all(".mid" in message for message in messages)
    assert len({message.split(": ")[-1] for message in messages}) > 5
    assert 0.1 < np.mean(results) < 0.9


def test_mutated_files_are_read_or_named() -> None:
    _survives(range(300))


@pytest.mark.slow
def test_three_thousand_mutated_files_are_read_or_named() -> None:
    _survives(range(300, 3300))


def test_frames_are_seconds() -> None:
    """25 frames a second of 40 parts each."""
    piece = midi_piece(midi(message(0, 0xFF, 0x51, 3, 9, 9, 9) + ON + OFF, division=0xE728))
    assert piece.seconds(piece.notes[0].end) == pytest.approx(0.096)


def test_programs_are_of_their_channel_whatever_the_track() -> None:
    piece = midi_piece(midi(message(0, 0xC0, 40), ON + OFF, message(0, 0x91, 61, 1, 9, 0x81, 61, 0)))
    assert [(note.channel, note.program) for note in piece.notes] == [(1, 0), (0, 40)]


@pytest.mark.parametrize(
    ("piece", "sentence"),
    [
        (Piece(0, [Note(0, 1, 60)]), "1 to 32,767 ticks, got 0"),
        (Piece(4, [Note(0, 1, 128)]), "the pitch of a note in MIDI is 0 to 127"),
        (Piece(4, [Note(0, 1, 60, 0)]), "the velocity of a note in MIDI is 1 to 127"),
        (Piece(4, [Note(-1, 1, 60)]), "the start of a note"),
        (Piece(4, [], [Tempo(0, 0)]), "microseconds"),
        (Piece(4, [], [], [Metre(0, 4, 3)]), "beats of 1, 2, 4"),
    ],
)
def test_what_midi_cannot_hold_is_refused(piece: Piece, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        midi_bytes(piece)


def test_seconds_follow_tempos_and_bars_follow_metres() -> None:
    piece = Piece(10, [Note(0, 100, 60)], [Tempo(20, 1_000_000)], [Metre(0, 3, 4), Metre(60, 2, 2)])
    assert piece.seconds([0, 10, 20, 30]).tolist() == [0, 0.5, 1, 2]
    assert piece.bars() == [0, 30, 60]
