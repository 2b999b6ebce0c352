"""A folder of MIDI files: its pieces, their labels, and all damaged ones named at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.made.tunes import made_tunes
from seqloom.data.notes import save_midi
from seqloom.data.notes.folder import find_pieces
from seqloom.errors import DataError

TUNES = made_tunes(4, 0)


def _folder(folder: Path, *names: str) -> Path:
    for name, tune in zip(names, TUNES, strict=False):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        save_midi(folder / name, tune)
    return folder


def test_a_folder_and_a_file(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "10.mid", "9.MID", "b.midi")
    (folder / "notes.txt").write_text("of no use")
    found = find_pieces(folder)
    assert [piece.name for piece in found.pieces] == ["9.MID", "10.mid", "b.midi"]
    assert list(found.pieces) == [TUNES[1], TUNES[0], TUNES[2]]
    assert list(find_pieces(folder / "10.mid").pieces) == TUNES[:1]


def test_folders_are_labels(tmp_path: Path) -> None:
    found = find_pieces(_folder(tmp_path, "waltz/a.mid", "waltz/b.mid", "march/a.mid", "march/b.mid"))
    assert found.labels == ["march", "march", "waltz", "waltz"]


def test_all_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "a.mid", "b.mid", "c.mid")
    (folder / "a.mid").write_bytes(b"MThd")
    (folder / "b.mid").write_bytes((folder / "b.mid").read_bytes()[:-9])
    with pytest.raises(DataError, match=r"(?s)2 problems in .*a\.mid: is cut short.*b\.mid: is cut short"):
        find_pieces(folder)
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError):
        find_pieces(tmp_path / "none")
