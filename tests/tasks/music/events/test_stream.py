"""A model of events as a stream, and under watch."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom import MusicEventModel
from seqloom.data.made.tunes import made_tunes
from seqloom.errors import DataError


def test_events_as_they_come(tmp_path: Path) -> None:
    training = {"steps": 6, "epochs": None, "device": "cpu"}
    tunes = made_tunes(6, seed=0)
    model = MusicEventModel("gru(8)", embedding=8, training=training).fit(tunes, validation=0.3, progress=False)
    score = model._read(tunes[:1], None, model.facts_).X[0]
    words = [*(model._events(model.facts_).text(token) for token in score.tokens.tolist()), "end"]
    wanted = [-log for log in model.log_probabilities(tunes[:1])[0]]
    stream = model.stream()
    said = stream.probabilities()
    assert sum(said.values()) == pytest.approx(1, abs=0.05), "what stands before a piece cannot come"
    assert [stream.push(word) for word in words] == pytest.approx(wanted, abs=1e-4)
    assert stream.probabilities() == said, "the end begins another piece"
    assert stream.line(" ") is None
    assert stream.line(words[0]) != said
    watcher = model.watch(0.1)
    assert list(watcher.levels) == ["surprise", "burst"]
    assert [step.surprise for step in watcher.over(words)] == pytest.approx(wanted, abs=1e-4)
    assert [step.label for word in ("", f" {words[0]} ") for step in watcher.line(word)] == [words[0]]
    with pytest.raises(DataError, match=r"as on 60, .* got 'oon 60'\. Did you mean 'on 60'"):
        watcher.line("oon 60")
    model.save(tmp_path / "model")
    assert MusicEventModel.load(tmp_path / "model").watch(0.1).levels == watcher.levels
    assert model.watch(calibrate=tunes[:1]).steps == len(words)
