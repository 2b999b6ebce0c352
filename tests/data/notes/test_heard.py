"""Key, report and sound of pieces."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.notes import Metre, Note, Piece, Tempo
from seqloom.data.notes.key import find_key
from seqloom.data.notes.report import described
from seqloom.data.notes.synthesis import save_sound, sound
from seqloom.data.sounds import open_sound
from seqloom.errors import UsageError
from tests.data.notes.pieces import drawn_piece

TONICS = {
    "major": ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"),
}
CADENCES = {"major": (0, 4, 7, 5, 9, 0, 7, 11, 2, 0, 4, 7), "minor": (0, 3, 7, 5, 8, 0, 7, 11, 2, 0, 3, 7)}


@pytest.mark.parametrize("mode", CADENCES)
@pytest.mark.parametrize("tonic", range(12))
def test_a_cadence_is_in_its_key(mode: str, tonic: int) -> None:
    cadence = [Note(n, 1, 60 + tonic + step) for n, step in enumerate(CADENCES[mode])]
    drums = [Note(0, 1000, 60 + tonic + 1, channel=9)]
    key = find_key(cadence + drums)
    assert str(key) == f"{TONICS[mode][tonic]} {mode}"
    assert key is not None
    assert key.correlation > 0.8


def test_no_key_where_nothing_speaks_for_one() -> None:
    for notes in ([], [Note(0, 1, pitch) for pitch in range(60, 72)], [Note(0, 1, 60, channel=9)]):
        assert find_key(notes) is None


def test_the_report_says_what_is_there() -> None:
    cadence = [Note(480 * n, 480, 60 + step, 64, 0, 5) for n, step in enumerate(CADENCES["major"])]
    waltz = Piece(480, cadence, [Tempo(0, 1_000_000)], [Metre(0, 3, 4)], "waltz", ["waltz: a remark."])
    other = Piece(480, [Note(0, 480, 36, 64, 9), Note(480, 480, 120)])
    report = json.loads(json.dumps(described([waltz, other])))
    assert report["pieces"] == 2
    assert report["keys"] == {"C major": 2}
    assert report["metres"] == {"3/4": 1, "not written": 1}
    assert report["instruments"] == {"5": 12, "drums": 1, "0": 1}
    assert report["outside_of_88_keys"] == 1
    assert report["grid"] == {"steps_per_beat": 1, "lost": 0, "moved": 0, "merged": 0, "triplets": 0, "drums": 1}
    assert report["seconds"]["largest"] == report["beats"]["largest"] == 12
    assert report["remarks"][1:] == ["waltz: a remark."]
    assert "1 notes are drums" in report["remarks"][0]


@pytest.mark.parametrize("pitch", [21, 60, 69, 108])
def test_a_note_sounds_at_its_pitch_and_time(pitch: int) -> None:
    samples = sound(Piece(480, [Note(480, 960, pitch)], [Tempo(0, 1_000_000)]), 16_000)
    assert len(samples) == pytest.approx(3.08 * 16_000, abs=2)
    assert not samples[:16_000].any()
    assert np.abs(samples).max() == pytest.approx(0.8)
    heard = np.fft.rfftfreq(32_000, 1 / 16_000)[np.abs(np.fft.rfft(samples[16_000:48_000])).argmax()]
    assert heard == pytest.approx(440 * 2 ** ((pitch - 69) / 12), abs=0.6)


def test_sounds_of_any_piece(tmp_path: Path) -> None:
    for piece in (drawn_piece(seed) for seed in range(5)):
        quick = Piece(piece.ticks, piece.notes, [Tempo(0, 100_000)])
        save_sound(tmp_path / "a.wav", quick, 8000)
        assert open_sound(tmp_path / "a.wav").seconds == pytest.approx(quick.seconds(quick.end) + 0.08, abs=0.001)
    save_sound(tmp_path / "none.wav", Piece(1, []))
    assert open_sound(tmp_path / "none.wav").seconds == pytest.approx(0.08, abs=0.001)
    with pytest.raises(UsageError, match="lasts 5,000 seconds, expected at most 3,600"):
        sound(Piece(1, [Note(0, 10_000, 60)], name="a"))


def test_louder_notes_are_louder_and_flutes_do_not_die_away() -> None:
    def end(program: int) -> float:
        return float(np.abs(sound(Piece(1, [Note(0, 8, 60, 64, 0, program)]))[-4000:-2000]).max())

    assert end(73) > 3 * end(0)
    both = sound(Piece(1, [Note(0, 1, 60, 20), Note(4, 1, 60, 100)]))
    assert np.abs(both[24_000:]).max() > 4 * np.abs(both[:8000]).max()
