"""``seqloom data`` on tagged words, recordings, and folders with labels; and labels in names of files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from seqloom.data.text.folder import natural
from tests.apps.running import Command
from tests.data.writing import written


def made(command: Command, name: str, out: Path, rows: int) -> Path:
    assert command("examples", "data", name, "-o", out, "--rows", rows).code == 0
    return out


def test_tagged_words(command: Command, tmp_path: Path) -> None:
    path = made(command, "tagged", tmp_path / "t.conll", 30)
    found = command("data", path)
    assert (found.code, "30 sentences; steps of each: median" in found.out) == (0, True)
    assert "column 2, 7 tags: O " in found.out
    assert "takes it for tagging: tagged words (.conll)" in found.out
    (tmp_path / "t.csv").write_text("Sentence #,Word,Tag\n1,a,X\n,b,Y\n2,a,X\n,c,X\n")
    said = command("data", tmp_path / "t.csv").out
    assert "2 sentences" in said
    assert "takes it for tagging: a token a row: 'Word', its tag 'Tag', sentences by 'Sentence #'" in said
    assert json.loads(command("data", path, "--json").out)["sentences"] == 30


@pytest.mark.parametrize(("name", "reason"), [("s", "a folder for each of 4 classes"), ("s.csv", "a step a row")])
def test_recordings(command: Command, tmp_path: Path, name: str, reason: str) -> None:
    path = made(command, "sensors", tmp_path / name, 8)
    found = command("data", path)
    assert (found.code, "8 recordings; steps of each" in found.out) == (0, True)
    assert "4 classes: idle 2, overload 2, running 2, worn 2" in found.out
    assert f"takes it for classification: {reason}" in found.out
    report = json.loads(command("data", path, "--json").out)
    assert [one["name"] for one in report["channels"]] == ["vibration", "current", "temperature"]


def test_a_label_for_each_step(command: Command, tmp_path: Path) -> None:
    rows = "".join(f"{row // 6},{row},{row % 5},{'on' if row % 3 else 'off'}\n" for row in range(24))
    found = command("data", written(tmp_path, {"s.csv": f"id,time,x,state\n{rows}"}) / "s.csv")
    assert "4 recordings; steps of each: median 6" in found.out
    assert "2 classes of steps: on 16, off 8" in found.out


def test_texts_in_folders(command: Command, tmp_path: Path) -> None:
    found = command(
        "data", written(tmp_path, {"Czech.txt": "Abl\nAdsit\n", "Greek.txt": "Adamidis\nAbl\nAbl\n", "LICENSE": "x"})
    )
    assert "5 texts; characters of each: median 3" in found.out
    assert "2 classes: Greek 3, Czech 2" in found.out
    assert "2 texts repeat another\n1 texts stand in more than one class" in found.out
    assert "1 about the data left out" in found.err


@pytest.mark.slow
def test_labels_in_names_of_files(command: Command, tmp_path: Path) -> None:
    made(command, "sensors", tmp_path / "s", 24)
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in (tmp_path / "s").glob("*/*.csv"):
        file.rename(flat / f"{file.parent.name}-{file.name}")
    short = ("--model", "gru(4)", "--steps", 2, "--quiet", "--out", tmp_path / "run")
    trained = command("train", flat, "--task", "classification", "--label-pattern", r"(?P<label>\w+)-\d+", *short)
    assert trained.code == 0, trained.err
    rows = list(csv.DictReader(command("predict", tmp_path / "run", flat).out.splitlines()))
    assert [row["recording"] for row in rows] == sorted((path.name for path in flat.iterdir()), key=natural)
    assert {row["prediction"] for row in rows} <= {"idle", "overload", "running", "worn"}
    assert all(0.25 <= float(row["probability"]) <= 1 for row in rows)
