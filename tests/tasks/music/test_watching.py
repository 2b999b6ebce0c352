"""A model of music under watch: stream and batch agree, and what is kept comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.made.tunes import made_tunes
from seqloom.data.notes.rolls import roll_of_pitches
from seqloom.errors import DataError
from seqloom.tasks.music.music_model import MusicModel

SCALE = [[60 + step] for step in (0, 2, 4, 5, 7, 9, 11, 12)]


def test_steps_as_they_come(tmp_path: Path) -> None:
    training = {"steps": 6, "epochs": None, "device": "cpu"}
    model = MusicModel("gru(8)", training=training).fit(made_tunes(6, seed=0), validation=0.3, progress=False)
    watcher = model.watch(0.1)
    assert list(watcher.levels) == ["surprise", "burst"]
    wanted = [-log for log in model.log_probabilities([roll_of_pitches(SCALE)])[0]]
    assert [step.surprise for step in watcher.over(SCALE)] == pytest.approx(wanted, abs=1e-4)
    watcher.reset()
    lines = [step for line in ["60", "", "60", "62", "- "] for step in watcher.line(line)]
    assert [step.label for step in lines] == ["60", "60", "62", "-"]
    assert [step.surprise for step in lines[:3]] == pytest.approx([wanted[0], wanted[0], wanted[1]], abs=1e-4)
    cluster = watcher.push(range(60, 80))
    assert {alarm.statistic for alarm in cluster.alarms} >= {"surprise"}
    with pytest.raises(DataError, match="Expected pitches as 60 64 67, or - for a rest, got 'c4'"):
        watcher.line("c4")
    model.save(tmp_path / "model")
    assert MusicModel.load(tmp_path / "model").watch(0.1).levels == watcher.levels
    assert model.watch(calibrate=[roll_of_pitches(SCALE)] * 3).steps == 3 * len(SCALE)
