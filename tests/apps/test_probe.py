"""``seqloom probe``: the listing, the table, results that are kept, and what is refused."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from seqloom.probes import PROBES
from seqloom.tasks.probing import table as probe_table
from seqloom.tasks.probing.results import ProbeResult
from seqloom.tasks.probing.settings import ProbeSettings
from tests.apps.running import Command

EASY = ("probe", "delayed-copy", "--set", "delay=1", "--set", "length=6", "--set", "symbols=2")
FAST = ("--steps", "4", "--evaluate-every", "2", "--held-out", "10", "--batch-size", "4")


def test_all_probes_are_listed(command: Command) -> None:
    result = command("probe", "--list")
    assert (result.code, result.err) == (0, "")
    assert all(kind.name in result.out for kind in PROBES)
    assert command("probe").out == result.out
    rows = [json.loads(line) for line in command("probe", "--list", "--json").out.splitlines()]
    assert [row["probe"] for row in rows] == [kind.name for kind in PROBES]
    assert rows[0]["loss"] == pytest.approx(0.0203867, abs=1e-6)
    assert rows[0]["sizes"] == {"delay": 1000, "count": 10, "symbols": 8}


def test_a_table_has_a_line_for_each_model(command: Command) -> None:
    result = command(
        *EASY, "--models", "gru(4, reset=before), elman(3)", "-m", "window(2, size=2)", "--seeds", 2, *FAST
    )
    assert result.code == 0
    head, _, titles, trivial, *rows = result.out.splitlines()
    assert head == "delayed-copy(delay=1, length=6, symbols=2): median of the seeds"
    assert titles.split()[:3] == ["model", "parameters", "solved"]
    assert trivial.split() == ["trivial", "–", "–", "0.693", "0.500"]
    assert [row.partition(")")[0] + ")" for row in rows] == ["gru(4, reset=before)", "elman(3)", "window(2, size=2)"]
    assert all(" 0/2 " in row for row in rows)
    assert "gru(4, reset=before), seed 1: step 4," in result.err


def test_an_easy_probe_is_solved(command: Command) -> None:
    flags = ("--learning-rate", 0.03, "--evaluate-every", 25, "--held-out", 50, "--quiet")
    result = command(*EASY, "--models", "elman(8)", *flags)
    assert (result.code, result.err) == (0, "")
    assert "1/1" in result.out.splitlines()[-1]


def test_json_has_a_line_for_each_run(command: Command) -> None:
    result = command("probe", "parity", "--models", "gru(3)", "--seeds", 2, "--json", "--quiet", *FAST)
    runs = [json.loads(line) for line in result.out.splitlines()]
    assert [run["settings"]["seed"] for run in runs] == [0, 1]
    assert runs[0]["probe"] == "parity(length=40, longest=500, shortest=1)"
    assert runs[0]["solved"] is False
    assert [point["step"] for point in runs[0]["history"]] == [2, 4]
    assert set(runs[0]["history"][0]["longer"]) == {"loss", "accuracy", "whole"}


def test_a_run_says_what_it_is_before_it_begins(command: Command) -> None:
    result = command(*EASY, "--models", "gru(3)", "--minutes", 2, *FAST)
    task = "delayed-copy(delay=1, length=6, symbols=2)"
    assert result.err.startswith(f"Training gru(3), seed 0, on {task}: at most 4 steps or 2 minutes.\n")


def test_a_model_given_twice_runs_once(command: Command) -> None:
    result = command(*EASY, "--models", "gru(3), gru( 3 ), gru(4)", "-m", "gru(3)", "--json", "--quiet", *FAST)
    assert [json.loads(line)["model"] for line in result.out.splitlines()] == ["gru(3)", "gru(4)"]


def test_results_are_kept_and_found(command: Command, tmp_path: Path) -> None:
    words = (*EASY, "--models", "gru(3)", "--out", tmp_path / "runs", *FAST)
    first, again = command(*words), command(*words)
    assert first.out == again.out
    assert "step 4" in first.err
    assert "step 4" not in again.err
    assert len(list((tmp_path / "runs").iterdir())) == 1


@pytest.mark.parametrize("out", [(), ("--out", "runs")])
def test_stopping_says_what_is_kept(
    out: tuple[str, ...], command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = probe_table.run_probe

    def stop_at_second(probe: Any, model: str, settings: ProbeSettings, watch: Any) -> ProbeResult:
        if settings.seed == 1:
            raise KeyboardInterrupt
        return run(probe, model, settings, watch)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(probe_table, "run_probe", stop_at_second)
    result = command(*EASY, "--models", "gru(3)", "--seeds", 3, *out, *FAST)
    assert (result.code, result.out) == (130, "")
    assert "1 of 3 runs were done" in result.err
    assert ("They are kept in runs" in result.err) == bool(out)
    assert len(list(tmp_path.rglob("*.json"))) == bool(out)


def test_curves_are_drawn(command: Command, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = command(*EASY, "--models", "gru(3), elman(2)", "--plot", tmp_path / "curves.png", *FAST)
    assert result.code == 0
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_missing_extra_is_found_before_the_first_run(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = importlib.import_module

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(importlib, "import_module", without)
    result = command(*EASY, "--plot", tmp_path / "a.png")
    assert (result.code, result.out) == (7, "")
    assert "pip install 'seqloom[plots]'" in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("probe", "partiy"), "Did you mean 'parity'?"),
        (("probe", "parity", "--plot", "nowhere/curves.png"), "there is no folder nowhere"),
        (("probe", "parity", "--plot", "curves.foo"), "end in .png, .svg or .pdf"),
        (("probe", "parity", "--out", __file__), "--out names a folder"),
        (("probe", "parity", "--set", "lenght=3"), "Did you mean 'length'?"),
        (("probe", "parity", "--set", "length"), "--set length: expected a whole number of at least 1, got ''"),
        (("probe", "parity", "--set", "length=0", "--set", "longest=x"), "2 problems"),
        (("probe", "parity", "--models", "grru(3)"), "Did you mean 'gru'?"),
        (("probe", "parity", "--models", "gru(3),"), "an empty model between commas: 'gru(3),'."),
        (("probe", "parity", "--models", "gru(3),, gru(4)"), "an empty model between commas"),
        (("probe", "parity", "--models", ""), "got an empty model: ''."),
        (("probe", "parity", "--steps", "0", "--minutes", "no"), "2 problems"),
        (("probe", "parity", "--seeds", "0"), "--seeds"),
        (("probe", "mqar", "--set", "length=8"), "need a length of 16"),
    ],
)
def test_wrong_words_are_usage_errors(command: Command, words: tuple[str, ...], message: str) -> None:
    result = command(*words)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_damaged_result_is_named(command: Command, tmp_path: Path) -> None:
    words = (*EASY, "--models", "gru(3)", "--out", tmp_path, *FAST)
    command(*words)
    (path,) = tmp_path.iterdir()
    path.write_text("{")
    result = command(*words)
    assert (result.code, result.out) == (3, "")
    assert str(path) in result.err
