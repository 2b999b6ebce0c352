"""Commands on a model of another task than language: predicted, evaluated, listed, and refused where they need text."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

import seqloom
from seqloom.tasks import registry
from seqloom.training.settings import TrainingSettings
from tests.apps.running import Command
from tests.tasks.toy import Ranker

FAST = ("--task", "toy-ranker", "--spec", "gru(4)", "--steps", "4", "--batch-size", "4", "--quiet")
PAIRS = "".join(f"{'a' * n} {'b' * n} 0\n{'ba' * n} {'aa' * n} 1\n" for n in range(1, 7))


@pytest.fixture
def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(registry._OURS, "toy-ranker", "tests.tasks.toy:Ranker")
    (tmp_path / "pairs.txt").write_text(PAIRS)
    return tmp_path / "pairs.txt"


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
    assert [json.loads(line)["prediction"] for line in lines] == wanted


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
    by_task = {row["task"]: row for row in rows}
    assert set(by_task) == {"toy-ranker", "language-model"}
    assert (by_task["language-model"]["score"], by_task["toy-ranker"]["model"]) == (None, "gru(8)")
    assert set(by_task["toy-ranker"]["score"]) == {"figure", "value", "baseline"}
    assert "right 0." in command("models", ranker.parent).out or "right 1." in command("models", ranker.parent).out
    result = command("generate", ranker)
    assert (result.code, result.out) == (4, "")
    assert f"{ranker} is of the task 'toy-ranker'; this needs a model of text or of music" in result.err
    assert command("predict", model, "x").code == 2
    assert command("evaluate", ranker, "a", "b").code == 2


def test_a_task_of_one_file_is_trained_scored_and_used(command: Command, pairs: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    result = command("train", pairs, *FAST, "--out", run, "--json", "--validation", "0.25")
    record = json.loads(result.out)
    assert (result.code, record["directory"], record["task"], record["steps"]) == (0, str(run), "toy-ranker", 4)
    assert record["count"] == 3
    assert record["baselines"]["a tie"]["loss"] == pytest.approx(0.693, abs=1e-3)
    assert result.err.splitlines()[:2] == [
        "Held out: 3 of 12 examples, drawn by seed 0.",
        "To be beaten (right): a tie " + f"{record['baselines']['a tie']['right']:.3f}",
    ]
    assert (
        f"Predict with it:  seqloom predict {run} FILE" in command("train", pairs, *FAST, "--out", run, "--force").err
    )
    assert len(command("predict", run, pairs).out.split()) == 12
    assert json.loads(command("evaluate", run, pairs, "--json").out)["count"] == 12
    (tmp_path / "test.txt").write_text(PAIRS[:6])
    own = json.loads(
        command("train", pairs, *FAST, "--out", tmp_path / "own", "--json", "--validation", tmp_path / "test.txt").out
    )
    assert (own["count"], own["remark"]) == (1, "Held out: examples of their own, 1.")


def test_a_run_that_goes_on_knows_its_task_and_settings(command: Command, pairs: Path, tmp_path: Path) -> None:
    run = ("train", pairs, "--out", tmp_path / "run", "--quiet")
    command(*run, *FAST, "--validation", "0.25")
    whole = json.loads(command("train", pairs, *FAST, "--steps", 9, "--out", tmp_path / "whole", "--json").out)
    again = command(*run, "--resume", "--steps", 9, "--json")
    assert json.loads(again.out)["steps"] == 9, again.err
    assert json.loads(again.out)["model"] != whole["model"], "another share was held out"
    assert "The run is complete at step 9" in command(*run[:-1], "--resume").err
    for wrong, said in (
        (("--spec", "gru(5)"), "--spec: the run has 'gru(4)', now 'gru(5)' is asked for."),
        (("--task", "language-model"), "is a run of the task 'toy-ranker', not of 'language-model'"),
        (("--window", 4), "--window: no setting of the task 'toy-ranker'"),
        (("--validation", 0.5), "held out another part of them"),
    ):
        refused = command(*run, "--resume", "--steps", 12, *wrong)
        assert (refused.code, said in refused.err) == (2, True), refused.err


def test_settings_come_from_a_file_and_its_problems_together(command: Command, pairs: Path, tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    config.write_text('task = "toy-ranker"\nspec = "gru(3)"\nsteps = 2\nbatch-size = 4\n')
    result = command("train", pairs, "--config", config, "--out", tmp_path / "run", "--json", "--quiet")
    assert (result.code, json.loads(result.out)["steps"]) == (0, 2)
    assert seqloom.load(tmp_path / "run").get_params(deep=False)["spec"] == "gru(3)"
    config.write_text('task = "toy-ranker"\nspek = "gru(3)"\nsteps = 0\n')
    refused = command("train", pairs, "--config", config, "--batch-size", "x", "--tokens", "words")
    assert refused.code == 2
    for said in (
        "4 problems:",
        f"{config}: unknown setting 'spek'. Did you mean 'spec'?",
        f"{config}: steps: expected a whole number of at least 1, got 0.",
        "--batch-size: expected a whole number of at least 1, got 'x'.",
        "--tokens: no setting of the task 'toy-ranker'.",
    ):
        assert said in refused.err


def test_the_help_has_the_settings_of_the_task(command: Command, pairs: Path) -> None:
    usual, toy, text = (
        command("train", *task, "--help").out for task in ((), ("--task", "toy-ranker"), ("--task=language-model",))
    )
    assert all(
        "--batch-size" in page and "--learning-rate" in page and "--validation" in page for page in (usual, toy, text)
    )
    assert [("--spec" in page, "--window" in page) for page in (usual, toy, text)] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert "toy-ranker" in usual
    assert [command("train", "x", "--task", "toy-rankr").code, command("train", "x", "y", *FAST).code] == [2, 2]
    assert command("train", "nowhere.txt", *FAST).code == 3


def test_a_bug_of_a_package_that_added_a_task_is_said_to_be_its_own(command: Command, pairs: Path) -> None:
    pairs.write_text("a b first\n" * 12)
    result = command("train", pairs, *FAST)
    assert result.code == 1
    assert "This is a bug in the package 'tests': ValueError" in result.err


def test_a_task_whose_package_is_gone_is_named(command: Command, pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._OURS, "lost", "a_package_that_is_gone:Estimator")
    result = command("train", pairs, "--task", "lost")
    assert result.code == 2
    assert "'lost' cannot be had from 'a_package_that_is_gone:Estimator'" in result.err


@pytest.mark.parametrize("task", [*registry.tasks()])
def test_every_estimator_that_draws_does_it_for_evaluate(task: str) -> None:
    """``evaluate --plots`` gives a folder, examples and what is true of them, by place."""
    drawing = getattr(registry.estimator_of(task), "draw", None)
    if drawing is not None:
        inspect.signature(drawing).bind("model", "folder", "X", "y")
