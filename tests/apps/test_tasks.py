"""Commands on a model of another task than language: predicted, evaluated, listed, and refused where they need text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import seqloom
from seqloom.tasks import registry
from seqloom.training.settings import TrainingSettings
from tests.apps.running import Command
from tests.tasks.toy import Ranker

PAIRS = "".join(f"{'a' * n} {'b' * n} 0\n{'ba' * n} {'aa' * n} 1\n" for n in range(1, 7))


@pytest.fixture
def ranker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(registry._OURS, "toy-ranker", "tests.tasks.toy:Ranker")
    (tmp_path / "pairs.txt").write_text(PAIRS)
    training = TrainingSettings(epochs=3, device="cpu")
    Ranker(training=training).fit(tmp_path / "pairs.txt", validation=0.25).save(tmp_path / "models" / "ranker")
    return tmp_path / "models" / "ranker"


def test_predictions_come_a_line_each(command: Command, ranker: Path, tmp_path: Path) -> None:
    wanted = seqloom.load(ranker).predict(tmp_path / "pairs.txt")
    result = command("predict", ranker, tmp_path / "pairs.txt")
    assert (result.code, result.out.split()) == (0, [str(answer) for answer in wanted])
    lines = command("predict", ranker, tmp_path / "pairs.txt", "--json").out.splitlines()
    assert [json.loads(line)["answer"] for line in lines] == wanted


def test_figures_stand_beside_the_constant_answers(command: Command, ranker: Path, tmp_path: Path) -> None:
    shown = command("evaluate", ranker, tmp_path / "pairs.txt")
    assert shown.code == 0
    assert [line.split()[0] for line in shown.out.splitlines()[:2]] == ["model", "a"]
    assert "12 examples" in shown.out
    record = json.loads(command("evaluate", ranker, tmp_path / "pairs.txt", "--json").out)
    assert record["baselines"]["a tie"]["loss"] == pytest.approx(0.693, abs=1e-3)
    assert set(record["model"]) == {"loss", "right"}


def test_a_model_of_another_task_is_listed_and_named(command: Command, ranker: Path, model: Path) -> None:
    rows = [json.loads(line) for line in command("models", ranker.parent, "--json").out.splitlines()]
    assert {row["task"] for row in rows} == {"toy-ranker", "language-model"}
    result = command("generate", ranker)
    assert (result.code, result.out) == (4, "")
    assert f"{ranker} is of the task 'toy-ranker'; this needs a language model" in result.err
    assert command("predict", model, "x").code == 2
    assert command("evaluate", ranker, "a", "b").code == 2
