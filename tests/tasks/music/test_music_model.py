"""The model of music: what it reads, learns, says and writes."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import seqloom
from seqloom.data.made.tunes import made_tunes
from seqloom.data.notes import Note, Piece, save_midi
from seqloom.data.notes.rolls import from_roll, roll_of_pitches
from seqloom.data.notes.stored import rolls_to_json
from seqloom.data.padded import Padded
from seqloom.errors import DataError, UsageError
from seqloom.tasks.guess import guess
from seqloom.tasks.music.music_model import MusicModel
from seqloom.tasks.music.transposing import Transposed, moved_rolls, moves_within

BRIEF = {"steps": 6, "epochs": None, "device": "cpu", "learning_rate": 0.01}
SCALES = [[[60 + k + step] for step in (0, 2, 4, 5, 7, 9, 11, 12)] for k in range(8)]


def music(**more: Any) -> MusicModel:
    return MusicModel("gru(8)", **{"training": BRIEF, **more})


@cache
def learned(keys: str = "independent") -> MusicModel:
    return music(keys=keys).fit(made_tunes(6, seed=0), progress=False)


def folder_of(path: Path, rows: int) -> Path:
    path.mkdir()
    for number, piece in enumerate(made_tunes(rows, seed=0)):
        save_midi(path / f"{number}.mid", piece)
    return path


@pytest.mark.parametrize("keys", ["independent", "autoregressive"])
def test_a_stream_says_what_whole_pieces_say(keys: str) -> None:
    model, roll = learned(keys), roll_of_pitches(SCALES[0])
    stream = model.stream()
    wanted = model.log_probabilities([roll])[0]
    assert [-stream.push(step) for step in SCALES[0]] == pytest.approx(wanted, abs=1e-4)
    said = stream.probabilities()
    stream.reset()
    assert -stream.push(SCALES[0][0]) == pytest.approx(wanted[0], abs=1e-4)
    assert said.shape == (88,)
    assert [21 + int(key) for key in np.flatnonzero(said > 0.5)] == model.predict([roll])[0]
    with pytest.raises(DataError, match="pitches from 21 to 108, got 9"):
        stream.push([9])


def test_lines_of_a_stream() -> None:
    stream = learned().stream()
    said = stream.line("60 64, 67")
    assert said is not None
    assert list(said) == [str(pitch) for pitch in range(21, 109)]
    assert stream.line("-") != said
    assert stream.line("") is None
    assert stream.line("60 64 67") == said
    with pytest.raises(DataError, match="as 60 64 67, or - for a rest, got 'c4'"):
        stream.line("c4")


def test_the_loss_is_of_steps_and_begins_as_holding_on() -> None:
    tunes = made_tunes(6, seed=0)
    model = music(training={**BRIEF, "learning_rate": 1e-9}).fit(tunes, progress=False)
    found = model.validation_
    assert found.counted == "steps"
    assert found.model["loss"] == pytest.approx(found.baselines["the step before"]["loss"], abs=1e-3)
    assert found.baselines["the step before"]["loss"] < found.baselines["key frequencies"]["loss"]
    assert "1 pieces are too few to tell by" in found.notes[0]
    everything = model.evaluate(tunes)
    logs = [sum(row) for row in model.log_probabilities(tunes)]
    assert everything.model["loss"] == pytest.approx(-sum(logs) / everything.count, rel=1e-4)
    assert model.score(tunes) == -everything.model["loss"]
    assert everything.notes[0].endswith("nats a step.")


def test_pieces_have_the_grid_the_metre_and_the_tempo_of_training(tmp_path: Path) -> None:
    model = music().fit(folder_of(tmp_path / "tunes", 6), progress=False)
    model.save(tmp_path / "model")
    loaded = seqloom.load(tmp_path / "model")
    one = loaded.generate(steps=16, seed=3)[0]
    assert one == model.generate(steps=16, seed=3)[0]
    assert one.ticks == 2
    tempos = sorted(piece.tempos[0].microseconds for piece in made_tunes(6, seed=0))
    assert tempos[0] <= one.tempos[0].microseconds <= tempos[-1]
    assert one.metres[0].beats in (3, 4)
    several = model.generate(3, steps=16, seed=3)
    assert several[0] == one
    assert len({len(piece.notes) for piece in several} | {piece.notes for piece in several}) > 2


def test_it_goes_on_after_the_first_bars() -> None:
    model, tune = learned(), made_tunes(6, seed=0)[0]
    beats = model.facts_["metre"][0]
    for start in (tune, SCALES[0], roll_of_pitches(SCALES[0])):
        one = model.generate(steps=4, start=start)[0]
        assert one.end <= 2 * beats + 4
    whole = model.generate(steps=4, start=SCALES[0], bars=None)[0]
    heard = [note.pitch for note in whole.notes if note.start < 8]
    assert set(heard) >= {pitch for step in SCALES[0] for pitch in step}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"count": 0}, "count: expected a whole number of at least 1"),
        ({"steps": 0}, "steps: expected a whole number of at least 1"),
        ({"temperature": -1.0}, "temperature: expected a number of at least 0"),
        ({"start": SCALES[0], "bars": 0}, "bars: expected a whole number of at least 1"),
        ({"seed": -1}, "seed: expected a whole number"),
    ],
)
def test_what_cannot_be_drawn(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        learned().generate(**asked)


@pytest.mark.parametrize("moved", [0, 2, 5])
def test_rolls_are_moved_by_seed_epoch_and_row(moved: int) -> None:
    rolls = [roll_of_pitches(scale) for scale in SCALES]
    rows = [torch.from_numpy(roll).float() for roll in rolls]
    batches = Padded({"x": rows}, torch.zeros(8), 3, seed=1)
    moves = moves_within([roll.any(0).nonzero()[0] for roll in rolls], moved)
    lowest, highest = 60 - 21, 60 - 21 + 12 + 7
    seen = set()
    for epoch in range(12):
        one = Transposed(batches, moves, 1, moved_rolls).epoch(epoch)
        again = Transposed(batches, moves, 1, moved_rolls).epoch(3).epoch(epoch)
        for index in range(len(one)):
            assert torch.equal(one[index].x, again[index].x)
            for row, place in zip(one[index].x, batches.epoch(epoch).rows(index), strict=True):
                by = int(one.semitones[place])
                seen.add(by)
                assert torch.equal(row[: len(rows[place])], rows[place].roll(by, -1))
                assert row[:, :lowest].sum() == row[:, highest + 1 :].sum() == 0
    assert seen == set(range(-moved, moved + 1))
    other = Transposed(batches, moves, 2, moved_rolls).semitones
    assert moved == 0 or other.tolist() != Transposed(batches, moves, 1, moved_rolls).semitones.tolist()


def test_pieces_in_one_key_stay_in_it() -> None:
    assert music().fit([SCALES[0]] * 12, progress=False).facts_["picked"]["transpose"] == 0
    assert music().fit(SCALES * 3, progress=False).facts_["picked"]["transpose"] == 5
    assert "transpose" not in music(transpose=2).fit(SCALES, progress=False).facts_["picked"]


def test_parts_of_a_file_are_kept_apart(tmp_path: Path) -> None:
    rolls = [roll_of_pitches(scale) for scale in SCALES]
    file = tmp_path / "rolls.json"
    file.write_text(rolls_to_json({"train": rolls[:4], "valid": rolls[4:6], "test": rolls[6:]}))
    model = music().fit(file, progress=False)
    assert model.validation_.count == 2 * 8
    assert model.validation_.remark == "Held out: 2 of 8 pieces, as the file says."
    assert model.facts_["size"]["pieces"] == 4
    assert model.evaluate(file).model == model.evaluate(rolls[6:]).model
    assert "4 steps a beat, as usual" in "".join(model.facts_["remarks"])
    file.write_text(rolls_to_json({"test": rolls}))
    with pytest.raises(DataError, match="no pieces to learn from"):
        music().fit(file, progress=False)


def test_what_was_found_is_said(tmp_path: Path) -> None:
    facts = music().fit(folder_of(tmp_path / "tunes", 6), progress=False).facts_
    found, grid = facts["remarks"]
    assert found.startswith("6 pieces, ")
    assert "keys: " in found
    assert "3/4" in found
    assert "beats a minute" in found
    assert grid.startswith("2 steps a beat: all ")
    assert "A roll joins" in grid


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([], "expected at least one row"),
        ([SCALES[0], None], "row 1: expected a roll"),
        ([SCALES[0], float("nan")], "row 1: expected a roll"),
        ([SCALES[0], np.full((3, 88), np.nan)], "row 1: expected a roll .* other numbers"),
        ([SCALES[0], np.ones((3, 12))], r"row 1: .* of the shape \(3, 12\)"),
        ([SCALES[0], [["c4"]]], "row 1: .* the pitch 'c4'"),
        ([SCALES[0], [[61.5]]], "row 1: .* the pitch 61.5"),
        ([SCALES[0], []], "row 1 is empty"),
        ([[[]]] * 12, "Nothing sounds"),
        ([Piece(4, [Note(0, 4, 36, channel=9)])] * 12, "Nothing sounds"),
        ([SCALES[0]], "at least two examples"),
    ],
)
def test_what_is_no_music_is_refused(X: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        music().fit(X, progress=False)


def test_layers_that_see_ahead_are_refused() -> None:
    with pytest.raises(UsageError, match="reads what is still to come"):
        MusicModel("gru(4) bidirectional", training=BRIEF).fit(SCALES, progress=False)
    with pytest.raises(UsageError, match=r"Leave pool\(…\) out"):
        MusicModel("gru(4) + pool(mean)", training=BRIEF).fit(SCALES, progress=False)


def test_files_are_taken_for_music(tmp_path: Path) -> None:
    tunes = folder_of(tmp_path / "tunes", 2)
    (tunes / "README.txt").write_text("two tunes")
    rolls = tmp_path / "rolls.json"
    rolls.write_text(json.dumps({"train": SCALES}))
    (tmp_path / "rows.json").write_text(json.dumps([{"text": "a b", "label": "x"}, {"text": "c d", "label": "y"}] * 9))
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("a text\n")
    for path, task in ((tunes, "music"), (tunes / "0.mid", "music"), (rolls, "music"), (tmp_path / "texts", None)):
        found = guess(path, {})
        assert (None if found is None else found.task) == task
    other = guess(tmp_path / "rows.json", {})
    assert other is not None
    assert other.task == "classification"


def trained_on_tunes(keys: str) -> tuple[MusicModel, list[Any]]:
    tunes = made_tunes(60, seed=1)
    training = {"epochs": 8, "device": "cpu"}
    model = MusicModel("lstm(96)", keys=keys, training=training).fit(tunes, progress=False)
    return model, [one.roll for one in model._read(tunes, None, model.facts_).X]


@pytest.mark.slow
@pytest.mark.parametrize("keys", ["independent", "autoregressive"])
def test_twenty_seeds_are_never_stuck(keys: str) -> None:
    """No chord, silence or note is endless, and as many keys sound as in what was learned."""
    model, rolls = trained_on_tunes(keys)
    assert model.validation_.model["loss"] < model.validation_.baselines["the step before"]["loss"]
    densities = [roll.sum(1).mean() for roll in rolls]
    bounds = model.facts_["bounds"]
    for piece in model.generate(20, steps=192, seed=0):
        again = np.concatenate([model._read([piece], None, model.facts_).X[0].roll, np.zeros((192, 88), bool)])[:192]
        assert 0.98 * min(densities) <= again.sum(1).mean() <= 1.02 * max(densities), piece.name
        changes = np.flatnonzero((again[1:] != again[:-1]).any(1))
        assert np.diff(np.concatenate([[-1], changes, [191]])).max() <= bounds["chord"]
        assert max(note.length for note in piece.notes) <= bounds["note"]


def test_no_warning_is_given_for_whole_files(tmp_path: Path) -> None:
    save_midi(tmp_path / "one.mid", from_roll(roll_of_pitches(SCALES[0]), 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = list(learned().written(tmp_path / "one.mid"))
    assert rows[0].strip() == "piece,steps,nats_a_step,next"
    assert rows[1].startswith(str(tmp_path / "one.mid"))
