"""Folders of sounds: found by their names, opened by their headers, all faults at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.sounds import save_wav
from seqloom.data.sounds.report import described
from seqloom.data.sounds.sound import Array
from seqloom.data.sounds.sounds import changes, find_sounds, holds_sounds, usual_rate
from seqloom.errors import DataError

TONE = np.sin(np.arange(800)) * 0.5


def folder(path: Path) -> Path:
    for name in ("b/2.wav", "b/10.WAV", "a/ü ß.wav"):
        (path / name).parent.mkdir(exist_ok=True)
        save_wav(path / name, TONE * (1 if "2" in name else 0.5), 8000)
    (path / "b" / "notes.txt").write_text("hello")
    (path / "README.md").write_text("hello")
    return path


def test_names_labels_and_what_was_left_out(tmp_path):
    found = find_sounds(folder(tmp_path))
    assert found.names == ["a/ü ß.wav", "b/2.wav", "b/10.WAV"]
    assert found.labels == ["a", "b", "b"]
    assert found.remarks == ("2 no sounds left out",)
    assert [len(one) for one in found.sounds] == [800] * 3
    one = find_sounds(tmp_path / "b" / "2.wav")
    assert (one.names, one.labels) == (["2.wav"], None)
    report = described(found)
    assert (report["sounds"], report["rates"], report["duplicates"]) == (3, {"8000": 3}, 1)
    assert report["seconds"]["median"] == 0.1


def test_numbers_or_what_are_none(tmp_path):
    found = find_sounds(folder(tmp_path))
    with pytest.raises(DataError, match="expected a number, got 'a'"):
        found.numbers()


@pytest.mark.parametrize(
    ("names", "holds"),
    [
        (["a.wav"], True),
        (["a/b/c.flac", "x.txt"], False),
        (["a.wav", "b.mp3", "c.txt"], True),
        ([".a.wav"], False),
        ([], False),
    ],
)
def test_what_is_a_folder_of_sounds(tmp_path, names, holds):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert holds_sounds(tmp_path) is holds


def test_a_rate_for_all_and_what_it_takes():
    sounds = [Array.of(np.zeros((9, 2)), 44_100), Array.of(np.zeros(9), 48_000), Array.of(np.zeros(9), 44_100)]
    assert usual_rate(sounds) == 16_000
    assert changes(sounds, 44_100) == [
        "Of 3 sounds, 1 of 48,000 Hz are resampled to 44,100; 1 have several channels, whose mean is taken."
    ]
    assert changes(sounds[2:], 44_100) == []
