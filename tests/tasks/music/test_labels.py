"""Music learned under labels, and asked for by them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

import seqloom
from seqloom.data.made.tunes import made_tunes
from seqloom.data.notes import save_midi
from seqloom.data.notes.rolls import roll_of_pitches
from seqloom.data.padded import Padded
from seqloom.errors import DataError, UsageError
from seqloom.tasks.music.music_model import MusicModel
from seqloom.tasks.music.transposing import Transposed, moved_rolls

BRIEF = {"epochs": None, "steps": 80, "device": "cpu", "learning_rate": 0.03}
LOW, HIGH = ([[[base + (3 * k + step) % 12] for step in range(12)] for k in range(12)] for base in (36, 84))
PIECES, NAMES = LOW + HIGH, ["low"] * 12 + ["high"] * 12


@cache
def learned() -> MusicModel:
    return MusicModel("gru(16)", transpose=0, batch_size=8, dropout=0.0, input_dropout=0.0, training=BRIEF).fit(
        PIECES, NAMES, progress=False
    )


def test_pieces_are_as_their_label_asks(tmp_path: Path) -> None:
    learned().save(tmp_path / "model")
    for model in (learned(), seqloom.load(tmp_path / "model")):
        assert model.facts_["labels"] == ["high", "low"]
        for label, lowest, highest in (("low", 36, 47), ("high", 84, 95)):
            notes = [n.pitch for piece in model.generate(6, steps=12, label=label, seed=1) for n in piece.notes]
            assert len(notes) >= 24
            assert np.mean([lowest <= pitch <= highest for pitch in notes]) > 0.9
    means = [np.mean([note.pitch for note in piece.notes]) for piece in learned().generate(12, steps=12)]
    assert min(means) < 54 < 78 < max(means), "without a label there are both"


def test_a_label_makes_its_pieces_likelier() -> None:
    model = learned()
    said, unsaid = model.evaluate(PIECES, NAMES).model["loss"], model.evaluate(PIECES).model["loss"]
    wrong = model.evaluate(PIECES, NAMES[::-1]).model["loss"]
    assert said < unsaid < wrong
    stream = model.stream("low")
    assert stream.probabilities()[36 - 21 : 48 - 21].sum() > 0.9
    assert stream.probabilities()[84 - 21 :].sum() < 0.1


def test_labels_that_were_not_learned_are_refused() -> None:
    with pytest.raises(UsageError, match=r"label: expected one of high, low, got 'lwo'\. Did you mean 'low'"):
        learned().generate(label="lwo")
    with pytest.raises(UsageError, match="expected one of high, low, got 'lo'"):
        learned().evaluate(PIECES[:1], ["lo"])
    plain = MusicModel("gru(4)", training=BRIEF | {"steps": 2}).fit(PIECES, progress=False)
    with pytest.raises(UsageError, match="has learned no labels"):
        plain.generate(label="low")
    with pytest.raises(DataError, match="expected 24 targets, one for each row, got 1"):
        learned().evaluate(PIECES, ["low"])


@pytest.mark.parametrize("table", [False, True])
def test_a_folder_gives_its_labels(tmp_path: Path, table: bool) -> None:
    tunes, lines = made_tunes(8, seed=0), ["file,label"]
    for number, piece in enumerate(tunes):
        kind = ("jig", "reel")[number % 2]
        path = tmp_path / ("" if table else kind) / f"{number}.mid"
        path.parent.mkdir(exist_ok=True)
        save_midi(path, piece)
        lines.append(f"{path.name},{kind}")
    if table:
        (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
    model = MusicModel("gru(4)", training=BRIEF | {"steps": 2}).fit(tmp_path, progress=False)
    assert model.facts_["labels"] == ["jig", "reel"]
    assert "Labels: jig 4, reel 4." in model.facts_["remarks"]
    said = [model.stream(label).probabilities().tolist() for label in ("jig", "reel", None)]
    assert said[0] != said[1] != said[2] != said[0]
    with pytest.raises(UsageError, match="a folder of music has its labels itself"):
        model.fit(tmp_path, ["jig"] * 8, progress=False)


def test_labels_of_which_each_piece_has_its_own_are_left_out() -> None:
    model = MusicModel("gru(4)", training=BRIEF | {"steps": 2}).fit(PIECES, [str(k) for k in range(24)], progress=False)
    assert model.facts_["labels"] == []
    assert "24 labels of 24 pieces are too many to learn from: left out." in model.facts_["remarks"]


def test_a_tenth_of_the_labels_is_not_said() -> None:
    label = torch.ones(1, 2)
    rows = [torch.cat([torch.from_numpy(roll_of_pitches([[60]])).float(), label], -1)] * 2000
    batches = Padded({"x": rows}, torch.zeros(2000), 2000, seed=0)
    moved = Transposed(batches, np.zeros((2000, 2), np.int64), 0, moved_rolls)
    shares = [float(moved.epoch(number)[0].x[:, 0, 88:].mean()) for number in range(3)]
    assert all(0.88 < share < 0.92 for share in shares)
    assert len(set(shares)) == 3
    assert moved.epoch(1)[0].x[:, 0, :88].sum() == 2000
