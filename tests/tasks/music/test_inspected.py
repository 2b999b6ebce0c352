"""A model of music as an inspection looks at it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from seqloom.data.made.tunes import made_tunes
from seqloom.models.halves import Halves
from seqloom.tasks.inspecting.explained import explain
from seqloom.tasks.inspecting.gates import gates_of
from seqloom.tasks.inspecting.looking_back import memory_of
from seqloom.tasks.music.music_model import MusicModel

BRIEF = {"epochs": None, "steps": 60, "device": "cpu", "learning_rate": 0.02}
STEPS = [[[60 + 2 * ((k + step) % 4)] for step in range(12)] for k in range(24)]


@cache
def learned(keys: str = "independent") -> MusicModel:
    model = MusicModel("lstm(16)", keys=keys, transpose=0, input_dropout=0.0, training=BRIEF)
    return model.fit(STEPS, ["up", "as well"] * 12, progress=False)


@pytest.mark.parametrize("keys", ["independent", "autoregressive"])
def test_its_halves_say_what_it_says(keys: str) -> None:
    model = learned(keys)
    network = model.model_.eval()
    assert isinstance(network, Halves)
    subject = model.subject(STEPS)
    batch = subject.batches[0]
    with torch.no_grad():
        vectors, lengths = network.vectors(batch.x, batch.length)
        said = network.answers(vectors, lengths)
        likely = network.head.likeliest(network.features(batch.x, batch.length))
        wanted = network.head(network.features(batch.x, batch.length), likely)
    assert said.shape == (batch.size, batch.x.shape[1] + 1, 88)
    torch.testing.assert_close(said, wanted)


def test_windows_lose_their_past_and_the_loss_says_so() -> None:
    subject = learned().subject(STEPS, ["up"] * 24)
    memory = memory_of(subject)
    cut = memory.contexts["cut"]
    with torch.no_grad():
        losses = [float(subject.loss(batch)) for batch in subject.batches]
    assert cut.losses[-1] == pytest.approx(np.average(losses, weights=[one.size for one in subject.batches]), rel=1e-4)
    assert 1 <= cut.used() <= 2, "a step says the next one"
    assert memory.unit == "nats a step"
    assert {gate.name.rpartition(".")[2] for gate in gates_of(subject)} >= {"input_gate", "forget_gate"}


def test_an_answer_is_explained_by_the_step_that_gave_it() -> None:
    subject = learned().subject(STEPS)
    found = explain(subject, 20)
    assert len(found.pieces) == subject.row(20).x.shape[1] + 1
    assert found.pieces[0] == "begin"
    notes = ["C4", "D4", "E4", "F#4"]
    assert found.output == notes[(notes.index(found.pieces[-1]) + 1) % 4], "the scale goes on"
    assert int(np.argmax(np.abs(found.occluded.steps[1:]))) + 2 == len(found.pieces), "the last step says it"


def test_a_piece_of_one_step_is_looked_at_without_a_loss() -> None:
    subject = learned().subject([[[60]]])
    assert subject.loss is None
    assert subject.pieces(0) == ["begin", "C4"]
    assert "rest" in learned().subject([[[60], [], [62]]]).pieces(1)


def test_what_it_shows(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pictures = MusicModel("gru(4)", training=BRIEF | {"steps": 2}).fit(made_tunes(6, seed=0), progress=False)
    found = pictures.draw(tmp_path / "new", made_tunes(1, seed=1))
    assert [path.name for path in found] == ["expected_and_came.png", "drawn_by_the_model.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in found)
