"""The model of events: what it reads, learns, and writes for several instruments."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import seqloom
from seqloom import MusicEventModel
from seqloom.data.batch import IGNORED
from seqloom.data.made.tunes import made_tunes
from seqloom.data.notes import Note, Piece, read_midi, save_midi
from seqloom.data.notes.piece import DRUMS
from seqloom.errors import DataError, UsageError
from seqloom.tasks.inspecting.explained import explain
from seqloom.tasks.inspecting.looking_back import memory_of

BRIEF = {"epochs": None, "steps": 6, "device": "cpu"}
_FLUTE, _PIANO = 73, 0


def band(root: int, loud: int = 100) -> Piece:
    """Two bars of drums, a bass that is struck again at once, and a louder voice above."""
    drums = [Note(2 * beat, 1, 36, 120, DRUMS) for beat in range(8)]
    bass = [Note(4 * half, 4, root - 24, 50, 0, 32) for half in range(4)]
    voice = [Note(2 * beat, 2, root + (0, 4, 7, 12)[beat % 4], loud, 1, _FLUTE) for beat in range(8)]
    return Piece(2, drums + bass + voice)


def events(**more: Any) -> MusicEventModel:
    return MusicEventModel("gru(8)", **{"training": BRIEF, "embedding": 8, **more})


@cache
def learned() -> MusicEventModel:
    training = {"epochs": None, "steps": 120, "device": "cpu", "learning_rate": 0.03}
    model = MusicEventModel("gru(24)", embedding=16, dropout=0.0, transpose=0, training=training)
    return model.fit([band(60), band(64)] * 8, ["low", "high"] * 8, progress=False)


def test_it_writes_instruments_and_loudness(tmp_path: Path) -> None:
    model = learned()
    assert model.validation_.counted == "events"
    assert model.validation_.model["loss"] < model.validation_.baselines["the kind before"]["loss"]
    assert (
        model.validation_.baselines["the kind before"]["loss"]
        < model.validation_.baselines["event frequencies"]["loss"]
    )
    piece = model.generate(steps=16, temperature=0.3, label="low")[0]
    save_midi(tmp_path / "x.mid", piece)
    again = read_midi(tmp_path / "x.mid")
    assert {note.instrument for note in again.notes} == {128, 32, _FLUTE}
    assert {note.channel == DRUMS for note in again.notes if note.instrument == 128} == {True}
    loud = {who: np.mean([note.velocity for note in again.notes if note.instrument == who]) for who in (32, 73, 128)}
    assert loud[32] < loud[73] < loud[128]
    assert again.end <= 16


def test_pieces_are_as_their_label_asks() -> None:
    for label, root in (("low", 60), ("high", 64)):
        bass = [
            note.pitch
            for piece in learned().generate(4, steps=16, label=label, temperature=0.3, seed=2)
            for note in piece.notes
            if note.program == 32
        ]
        assert np.mean(np.array(bass) == root - 24) > 0.7
    with pytest.raises(UsageError, match="label: expected one of high, low, got 'lo'"):
        learned().generate(label="lo")


def test_what_a_row_draws_is_a_function_of_its_seed(tmp_path: Path) -> None:
    model = learned()
    model.save(tmp_path / "model")
    several = model.generate(3, steps=12, seed=5)
    assert several[0] == model.generate(steps=12, seed=5)[0]
    assert several == seqloom.load(tmp_path / "model").generate(3, steps=12, seed=5)
    assert len({piece.notes for piece in several}) > 1


def test_it_goes_on_after_the_first_bars() -> None:
    model, start = learned(), band(60)
    one = model.generate(steps=4, start=start)[0]
    assert one.ticks == 1, "a step is a beat"
    assert one.end <= 4 + 4
    first = [note for note in start.notes if note.start < 8]
    kept = {(note.start, note.pitch, note.instrument) for note in one.notes}
    assert kept >= {(note.start // 2, note.pitch, note.instrument) for note in first}
    whole = model.generate(steps=1, start=start, bars=None, temperature=0.0)[0]
    assert len(whole.notes) >= len(start.notes)


def test_logs_are_of_all_events_and_the_end() -> None:
    model, X = learned(), [band(60), band(64)]
    logs = model.log_probabilities(X)
    assert [len(row) for row in logs] == [len(score) + 1 for score in model._read(X, None, model.facts_).X]
    found = model.evaluate(X)
    assert found.model["loss"] == pytest.approx(-sum(map(sum, logs)) / found.count, rel=1e-4)
    assert model.predict([band(60)]) == ["end"]


def test_it_is_looked_at_by_its_events() -> None:
    subject = learned().subject([band(60)], ["low"])
    found = explain(subject, subject.size - 1)
    assert found.pieces[0] == "low", "what stands before a piece"
    assert found.pieces[1].startswith("instrument")
    assert found.output in learned().stream("low").probabilities()
    cut = memory_of(subject).contexts["cut"]
    assert cut.losses[-1] < cut.losses[0], "more than one event is used"


def test_parts_of_long_pieces_have_every_event_once_and_move_as_one() -> None:
    model = events(window=7, transpose=3, batch_size=2).fit([band(60), band(70)] * 4, progress=False)
    facts, scores = model.facts_, model._read([band(60), band(70)], None, model.facts_).X
    examples = model._examples(facts, scores, scores)
    batches, tokens = model._batches(facts, examples, 1), model._events(facts)
    moved = set()
    for number in range(6):
        epoch, seen = batches.epoch(number), 0
        for batch in (epoch[index] for index in range(len(epoch))):
            for x, target in zip(batch.x, batch.targets, strict=True):
                real = target != IGNORED
                seen += int(real.sum())
                assert real.sum() <= 7
                names = [tokens.text(int(k)) for k in target[real] if k < len(tokens)]
                drums = [name for name in names if name == "on 36" or name == "off 36"]
                moved |= {int(name.split()[1]) - 36 for name in names if name.startswith("on")} if drums else set()
                follows = x[1:][real[:-1]][: int(real.sum()) - 1]
                if bool(real[0]):
                    assert torch.equal(follows, target[real][:-1])
        assert seen == sum(len(score) + 1 for score in scores)
    assert 0 in moved, "drums stay"


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([], "at least one row"),
        ([band(60), None], "row 1: expected a roll"),
        ([Piece(2, [])] * 12, "row 0 is empty"),
        ("rolls.json", "A file of rolls has no events: take --task music"),
    ],
)
def test_what_is_no_music_is_refused(X: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        events().fit(X, progress=False)
    with pytest.raises(UsageError, match="reads what is still to come"):
        MusicEventModel("gru(4) bidirectional", training=BRIEF).fit([band(60)] * 12, progress=False)


@pytest.mark.slow
def test_twenty_seeds_are_never_stuck() -> None:
    """No note and no silence is endless, as many notes sound at once as in what was learned, both instruments play."""
    tunes = made_tunes(60, seed=1)
    model = MusicEventModel("lstm(96)", training={"epochs": 12, "device": "cpu"}).fit(tunes, progress=False)
    assert model.validation_.model["loss"] < model.validation_.baselines["the kind before"]["loss"]
    limits = model.facts_["limits"]
    for piece in model.generate(20, steps=192, seed=0):
        sounding = np.array([sum(note.start <= step < note.end for note in piece.notes) for step in range(piece.end)])
        assert max(note.length for note in piece.notes) <= limits["note"]
        assert sounding.max() <= limits["most"]
        assert 1 <= sounding.mean() <= limits["most"]
        assert {note.instrument for note in piece.notes} == {_PIANO, _FLUTE}
