"""Rolls and the files of them: there and back, within bounds."""

from __future__ import annotations

import io
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from seqloom.data.notes import Note, Piece, stored
from seqloom.data.notes.grid import on_grid
from seqloom.data.notes.rolls import from_roll, pitches, roll_of_pitches, room, to_roll, transposed
from seqloom.data.notes.stored import read_rolls, rolls_to_json
from seqloom.errors import DataError, UsageError
from tests.data.notes.pieces import drawn_piece


def _drawn(seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return np.pad(draw.random((30, 40)) < 0.1, ((0, 0), (20, 28)))


def test_rolls_come_back() -> None:
    for roll in map(_drawn, range(30)):
        piece = from_roll(roll, 2)
        np.testing.assert_array_equal(to_roll(piece), roll[: piece.end])
        np.testing.assert_array_equal(roll_of_pitches(pitches(roll)), roll)
        assert on_grid(piece, 2) == piece


def test_what_sounds_is_on() -> None:
    for piece in (on_grid(drawn_piece(seed), 4) for seed in range(20)):
        roll = to_roll(piece)
        for step, key in np.ndindex(roll.shape):
            sounds = any(n.start <= step < n.end and n.pitch == key + 21 and n.channel != 9 for n in piece.notes)
            assert roll[step, key] == sounds


def test_drums_and_keys_that_no_piano_has_are_left_out() -> None:
    piece = Piece(1, [Note(0, 1, 20), Note(0, 1, 109), Note(0, 1, 60, channel=9), Note(1, 1, 40)])
    assert pitches(to_roll(piece)) == [[], [40]]


def test_transposition_moves_all_keys_and_loses_none() -> None:
    roll = _drawn(0)
    for semitones in room(roll):
        moved = [[pitch + semitones for pitch in step] for step in pitches(roll)]
        assert pitches(transposed(roll, semitones)) == moved
    for beyond in room(roll)[0] - 1, room(roll)[-1] + 1:
        with pytest.raises(UsageError, match="semitones, so that all keys are kept"):
            transposed(roll, beyond)
    with pytest.raises(UsageError, match="88"):
        room(np.zeros((3, 87)))


def test_pieces_are_transposed_without_their_drums() -> None:
    piece = Piece(1, [Note(0, 1, 2), Note(1, 1, 120), Note(0, 1, 36, channel=9)])
    assert piece.room == range(-2, 8)
    assert sorted(note.pitch for note in piece.transposed(7).notes) == [9, 36, 127]
    assert piece.transposed(-2).transposed(2) == piece
    for beyond in -3, 8:
        with pytest.raises(UsageError, match="Expected -2 to 7 semitones"):
            piece.transposed(beyond)


PARTS = {"train": [_drawn(0), _drawn(1)], "valid": [_drawn(2)], "test": [_drawn(3)]}


def _cells(rolls: list[np.ndarray]) -> np.ndarray:
    cells = np.empty((1, len(rolls)), object)
    for number, roll in enumerate(rolls):
        cells[0, number] = roll.astype(np.uint8)
    return cells


def _mat(**variables: Any) -> bytes:
    savemat(file := io.BytesIO(), variables, do_compression=True)
    return file.getvalue()


@pytest.mark.parametrize("suffix", [".json", ".mat"])
def test_files_of_rolls(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"rolls{suffix}"
    if suffix == ".json":
        path.write_text(rolls_to_json(PARTS))
    else:
        path.write_bytes(_mat(**{f"{part}data": _cells(rolls) for part, rolls in PARTS.items()}))
    found = read_rolls(path)
    assert list(found.parts) == list(PARTS)
    for part, rolls in PARTS.items():
        for got, roll in zip(found.parts[part], rolls, strict=True):
            np.testing.assert_array_equal(got, roll)
    assert not found.remarks


def test_rolls_without_parts_and_wide_ones(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[[[60, 60.0, 5], []]]")
    found = read_rolls(tmp_path / "a.json")
    assert pitches(found.parts[""][0]) == [[60], []]
    assert found.remarks[0].endswith("1 notes left out, for which a piano has no key (5 to 5).")
    assert json.loads(rolls_to_json(found.parts)) == [[[60], []]]
    wide = np.zeros((2, 128))
    wide[0, [60, 120]] = 1
    (tmp_path / "a.mat").write_bytes(_mat(pieces=_cells([wide])))
    found = read_rolls(tmp_path / "a.mat")
    assert pitches(found.parts["pieces"][0]) == [[60], []]
    assert "(120 to 120)" in found.remarks[0]


ONE = _mat(traindata=_cells([_drawn(0)]))

BAD = {
    "text.json": (b"c d e", "is no JSON"),
    "deep.json": (b"[" * 100_000, "is no JSON"),
    "empty.json": (b"", "is no JSON"),
    "none.json": (b"{}", "has no pieces"),
    "number.json": (b"5", "there is no list of pieces"),
    "part.json": (b'{"train": 5}', "part 'train', there is no list of pieces"),
    "piece.json": (b'{"train": [[[60]], []]}', "part 'train', piece 2 is no list of steps"),
    "step.json": (b"[[[60], 61]]", "piece 1, step 2 is '61', no list of pitches"),
    "high.json": (b"[[[60], [128]]]", "piece 1, step 2: the pitch 128"),
    "infinite.json": (b"[[[Infinity]]]", "the pitch inf"),
    "half.json": (b"[[[60.5]]]", "the pitch 60.5 is no whole number"),
    "true.json": (b"[[[true]]]", "the pitch True"),
    "nan.json": (b"[[[NaN]]]", "the pitch nan"),
    "text.mat": (b"c d e", "cannot be read as a .mat file"),
    "cut.mat": (ONE[: len(ONE) // 2], "cannot be read as a .mat file|is damaged"),
    "flipped.mat": (ONE[:150] + bytes([ONE[150] ^ 255]) + ONE[151:], "cannot be read as a .mat file|is damaged"),
    "hdf.mat": (b"\x89HDF\r\n\x1a\n" + bytes(200), "cannot be read as a .mat file"),
    "plain.mat": (_mat(x=np.zeros((2, 88))), "'x' is no cell array"),
    "words.mat": (_mat(x="abc"), "'x' is no cell array"),
    "narrow.mat": (_mat(x=_cells([np.zeros((2, 87))])), "x, piece 1 has 87 columns"),
    "twos.mat": (_mat(x=_cells([np.full((2, 88), 2)])), "other numbers than 0 and 1"),
    "nothing.mat": (_mat(x=_cells([np.zeros((0, 88))])), "x, piece 1 is no matrix"),
    "no variable.mat": (_mat(), "has no pieces"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files_of_rolls_are_named(what: str, tmp_path: Path) -> None:
    content, sentence = BAD[what]
    (tmp_path / what).write_bytes(content)
    with pytest.raises(DataError, match=sentence) as caught:
        read_rolls(tmp_path / what)
    assert what in str(caught.value)
    with pytest.raises(DataError, match="No such file"):
        read_rolls(tmp_path / "x" / what)


def test_files_of_rolls_have_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text(rolls_to_json(PARTS))
    packed = zlib.compress(bytes(10_000_000))
    (tmp_path / "a.mat").write_bytes(
        ONE[:128] + (15).to_bytes(4, "little") + len(packed).to_bytes(4, "little") + packed
    )
    for bound, most, name, sentence in (
        ("_MOST_STEPS", 100, "a.json", "more than 100 steps"),
        ("_MOST_UNPACKED", 9_000_000, "a.mat", "unpacked"),
        ("_MOST_BYTES", 100, "a.json", "larger than"),
    ):
        monkeypatch.setattr(stored, bound, most)
        with pytest.raises(DataError, match=sentence):
            read_rolls(tmp_path / name)


def test_mutated_mat_files_are_read_or_named(tmp_path: Path) -> None:
    results = []
    draw = np.random.default_rng(0)
    savemat(file := io.BytesIO(), {"traindata": _cells([_drawn(0)])})
    for source in (ONE, file.getvalue()) * 50:
        data = bytearray(source)
        data[draw.integers(min(400, len(data)))] = draw.integers(256)
        (tmp_path / "a.mat").write_bytes(data)
        try:
            read_rolls(tmp_path / "a.mat")
        except DataError:
            results.append(False)
        else:
            results.append(True)
    assert 0 < np.mean(results) < 1
