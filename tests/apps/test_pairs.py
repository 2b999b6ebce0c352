"""Files of pairs by the command line: told, learned, answered, scored, drawn; and refused with their lines."""

from __future__ import annotations

import json
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from seqloom import Seq2Seq
from seqloom.tasks.registry import door_of, tasks
from tests.apps.running import Command

FAST = "--model gru(8)->luong(8) --embedding 8 --steps 3 --batch-size 4 --device cpu --quiet"


@pytest.fixture
def made(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert command("examples", "data", "sums", "--rows", 40).code == 0
    return tmp_path / "sums.tsv"


def test_a_file_is_told_learned_and_answered(command: Command, made: Path) -> None:
    result = command("train", made, "--out", "run", "--json", *FAST.split())
    assert result.code == 0, result.err
    record = json.loads(result.out)
    assert (record["task"], record["watched"]) == ("translation", "exact")
    assert "a copy of the source" in record["baselines"]
    Path("new.tsv").write_text("source\n1+2\n30+4\n", encoding="utf-8")
    said = command("predict", "run", "new.tsv")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0] == "source\tprediction"
    assert [line.split("\t")[0] for line in lines[1:]] == ["1+2", "30+4"]
    ranked = command("predict", "run", "new.tsv", "--top", 2, "--json")
    assert {"line", "source", "prediction", "score"} <= set(json.loads(ranked.out.splitlines()[0]))
    scored = command("evaluate", "run", made)
    assert scored.out.splitlines()[0].split() == ["model", "bleu", "chrf", "exact", "edits", "loss"]


@pytest.mark.parametrize("task", tasks())
def test_what_has_several_answers_is_asked_for_by_top(task: str) -> None:
    kind = door_of(task).load()
    of_texts = hasattr(kind, "candidates") or hasattr(kind, "transcribe")
    methods = [getattr(kind, name, None) for name in ("written", "answered")]
    assert of_texts == any("top" in signature(method).parameters for method in methods if method is not None)
    assert not of_texts or all("top" in signature(method).parameters for method in methods if method is not None)


def test_what_has_no_targets_is_not_scored(command: Command, made: Path) -> None:
    assert command("train", made, "--out", "run", *FAST.split()).code == 0
    Path("new.tsv").write_text("source\n1+2\n", encoding="utf-8")
    found = command("evaluate", "run", "new.tsv")
    assert (found.code, found.out) == (3, "")
    assert "new.tsv has sources alone: expected their targets in a second column." in found.err


def test_who_stops_it_before_it_learns_is_told(command: Command, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any) -> Any:
        raise KeyboardInterrupt

    train = ("train", made, "--out", "run", *FAST.split())
    with monkeypatch.context() as within:
        within.setattr(Seq2Seq, "_divide", stopped)
        found = command(*train)
    assert (found.code, found.out) == (130, "")
    assert found.err.splitlines()[-1] == "Stopped while the data were read. Nothing was learned yet."
    assert command(*train, "--force").code == 0
    monkeypatch.setattr(Seq2Seq, "_divide", stopped)
    found = command(*train, "--resume")
    assert found.code == 130
    assert found.err.splitlines()[-1] == f"Stopped while the data were read. {Path('run').resolve()} is as it was."


def test_pictures_are_drawn(command: Command, made: Path) -> None:
    pytest.importorskip("matplotlib")
    assert command("train", made, "--out", "run", *FAST.split()).code == 0
    found = command("evaluate", "run", made, "--plots", "plots")
    assert found.code == 0, found.err
    assert sorted(path.name for path in Path("plots").iterdir()) == ["attention.png", "by_length.png"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a b\tc d\ne f\n", "line 2 has one side where others have 2"),
        ("a b\tc d\ne\tf\tg\n", "line 2 has 3 columns where others have 2"),
        ("a b\tc d\n\tf\n", "line 2 has nothing in column 1"),
    ],
)
def test_what_is_no_pair_ends_in_3(command: Command, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "a.tsv"
    file.write_text(text, encoding="utf-8")
    result = command("train", file, "--task", "translation", "--out", tmp_path / "run", "--quiet")
    assert (result.code, (tmp_path / "run").exists()) == (3, False)
    assert said in result.err
    assert str(file) in result.err
