"""Names with markup, figures that are not finite, numbers out of range: all of them leave the output whole."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from seqloom.apps.cli.console import emit_json
from seqloom.apps.cli.report import print_evaluation
from seqloom.storage.directory import write_directory
from seqloom.storage.reading import read_directory
from seqloom.tasks.language.evaluation import Evaluation
from seqloom.tasks.language.picks import pick_defaults
from tests.apps.running import Command
from tests.apps.test_commands import PROGRAM


@pytest.mark.parametrize("name", ["[/red]", "[bold]x"])
def test_markup_in_a_name_is_text(command: Command, model: Path, text_file: Path, name: str) -> None:
    odd = model.parent / name
    shutil.move(model, odd)
    for words in (("evaluate", odd, text_file), ("models", model.parent)):
        result = command(*words)
        assert result.code == 0, result.err
        assert str(odd) in result.out


def test_markup_in_a_place_is_text(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/tmp/[/red]")
    result = command("doctor")
    assert result.code == 0, result.err
    assert "/tmp/[/red]" in result.out


@pytest.mark.parametrize("words", [("models",), ("doctor",)])
def test_a_closed_pipe_is_no_error_for_tables(model: Path, words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*PROGRAM, *words], stdout=writing, stderr=subprocess.PIPE, cwd=model.parents[1], check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "words",
    [
        ("--seed", "9" * 20),
        ("--length", "9" * 20, "--seed", str(2**63)),
        ("--beam", "9" * 20),
    ],
)
def test_numbers_that_no_machine_has_are_usage_errors(command: Command, model: Path, words: tuple[str, ...]) -> None:
    result = command("generate", model, "-p", "the ", *words)
    assert (result.code, result.out) == (2, ""), result.err


@pytest.mark.parametrize("line", ["learning_rate = 1" + "0" * 400, "dropout = 9" + "9" * 400, "steps = 1" + "0" * 30])
def test_numbers_too_large_in_a_file_are_usage_errors(
    command: Command, text_file: Path, tmp_path: Path, line: str
) -> None:
    (tmp_path / "run.toml").write_text(line)
    result = command("train", text_file, "--config", tmp_path / "run.toml", "--out", tmp_path / "run", "--quiet")
    assert (result.code, result.out) == (2, ""), result.err
    assert line.split()[0] in result.err


def test_a_file_with_endless_digits_is_refused(command: Command, text_file: Path, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("steps = " + "1" * 5000)
    result = command("train", text_file, "--config", tmp_path / "run.toml", "--out", tmp_path / "run", "--quiet")
    assert (result.code, result.out) == (2, ""), result.err


def test_the_coldest_temperature_is_greedy(command: Command, model: Path) -> None:
    cold, greedy = (command("generate", model, "-l", 20, *more) for more in (("--temperature", "1e-50"), ("--greedy",)))
    assert cold.code == 0, cold.err
    assert cold.out == greedy.out


def test_json_has_null_for_what_is_not_finite(capsys: pytest.CaptureFixture[str]) -> None:
    emit_json({"a": math.nan, "b": [1.5, math.inf], "c": {"d": -math.inf}})
    assert capsys.readouterr().out == '{"a": null, "b": [1.5, null], "c": {"d": null}}\n'


@pytest.mark.parametrize(("nats", "chosen_among", "said"), [(8.0, 1, "No better than guessing"), (2.0, 3, "best of 3")])
def test_reports_say_how_to_take_a_figure(
    capsys: pytest.CaptureFixture[str], nats: float, chosen_among: int, said: str
) -> None:
    evaluation = Evaluation(4, 4, nats, chosen_among=chosen_among, baselines={"uniform": 1.5})
    print_evaluation(evaluation, "m")
    shown = capsys.readouterr().out
    assert said in shown
    print_evaluation(Evaluation(4, 4, 2.0, baselines={"uniform": 1.5}), "m")
    assert len(capsys.readouterr().out.splitlines()) == len(shown.splitlines()) - 1


def test_tables_have_a_dash_for_what_is_not_finite(capsys: pytest.CaptureFixture[str]) -> None:
    print_evaluation(Evaluation(tokens=4, characters=0, nats=math.nan, baselines={"uniform": 1e9}), "m")
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1][-1] == "–"
    assert rows[2] == ["m", "–", "–", "–", "–"]


def test_problems_of_every_part_come_together(command: Command, text_file: Path, tmp_path: Path) -> None:
    wrong = ("--embedding", "100000", "--model", "lstmm(3)", "--device", "gpu", "--window", "0")
    result = command("train", text_file, "--out", tmp_path / "run", *wrong)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Error: 4 problems:")
    for part in ("--window", "embedding", "Did you mean 'lstm'?", "device"):
        assert part in result.err
    assert not (tmp_path / "run").exists()


def test_a_mistyped_file_leaves_nothing(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = command("train", "typo.txt")
    assert (result.code, result.out, result.err) == (3, "", "Error: No such file: typo.txt\n")
    assert list(tmp_path.iterdir()) == []


def test_models_leaves_out_one_with_an_odd_configuration(command: Command, model: Path, tmp_path: Path) -> None:
    content = read_directory(max(model.glob("step-*")))
    config: dict[str, Any] = json.loads(content["config.json"])
    config["learned"]["baselines"] = None
    write_directory(tmp_path / "models" / "odd", content | {"config.json": json.dumps(config).encode()})
    result = command("models", tmp_path / "models")
    assert result.code == 0, result.err
    assert str(model) in result.out
    assert "odd" in result.err


def test_models_leaves_out_what_it_may_not_read(command: Command, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = model.parent / "closed"
    closed.mkdir()
    real = Path.iterdir

    def iterdir(path: Path) -> Any:
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    result = command("models", model.parent)
    assert result.code == 0, result.err
    assert str(model) in result.out
    assert "closed" in result.err


@pytest.mark.parametrize("size", [10**4, 10**6, 10**8])
@pytest.mark.parametrize("given", [{"tokens": "words"}, {"tokens": "bpe"}, {"tokens": "words", "batch_size": 64}])
def test_the_logits_of_large_vocabularies_fit(size: int, given: dict[str, Any]) -> None:
    settings = pick_defaults(size, given) | given
    vocabulary = 4096 if given["tokens"] == "bpe" else min(50_000, size // 4)
    assert 4 * settings["batch_size"] * settings["window"] * vocabulary <= 210e6
    assert settings["batch_size"] * settings["window"] >= 16
