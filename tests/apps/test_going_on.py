"""``seqloom train NEW --from RUN``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import seqloom
from tests.apps.running import FAST, TEXT, Command

SMALL = ("--model", "gru(4) + pool(last)", "--embedding", "4", "--epochs", "2", "--batch-size", "8")


@pytest.fixture
def reviews(command: Command, tmp_path: Path) -> Path:
    """The run of a small classifier, beside the table that it learned from and one with another class."""
    for name, rows in (("old", "good,+\nbad,-\n"), ("new", "good,+\nbad,-\nso so,*\n")):
        lines = [
            f"{row.partition(',')[0]} thing number {k},{row.partition(',')[2]}"
            for k in range(12)
            for row in rows.split()
        ]
        (tmp_path / f"{name}.csv").write_text("text,label\n" + "\n".join(lines).replace("so,*", "so,*") + "\n")
    result = command("train", tmp_path / "old.csv", *SMALL, "--out", tmp_path / "run", "--quiet")
    assert result.code == 0, result.err
    return tmp_path / "run"


def test_the_scores_before_stand_beside_those_after(command: Command, reviews: Path, tmp_path: Path) -> None:
    files = {path: path.read_bytes() for path in reviews.rglob("*") if path.is_file()}
    new = ("train", tmp_path / "new.csv", "--from", reviews, "--out", tmp_path / "grown")
    result = command(*new, "--test", tmp_path / "old.csv", "--json")
    assert result.code == 0, result.err
    assert f"Goes on from {reviews}: words" in result.err
    assert ", classes 2 + 1." in result.err
    assert "Taken for" not in result.err, "it is not guessed"
    record = json.loads(result.out)
    assert str(reviews) in record["baselines"]
    assert f"{reviews} 0." in result.err.partition("To be beaten")[2]
    before = json.loads(command("evaluate", reviews, tmp_path / "old.csv", "--json").out)["model"]
    assert record["test"]["baselines"][str(reviews)] == before
    assert seqloom.load(tmp_path / "grown").classes_.tolist() == ["*", "+", "-"]
    assert {path: path.read_bytes() for path in files} == files
    again = command(*new, "--resume", "--epochs", 3, "--json", "--quiet")
    assert again.code == 0, again.err
    assert json.loads(again.out)["baselines"][str(reviews)] == record["baselines"][str(reviews)]


def test_what_is_another_model_is_a_usage_error(command: Command, reviews: Path, tmp_path: Path) -> None:
    for flags, said in (
        (("--model", "gru(5)"), "--model: it has 'gru(4) + pool(last)', now 'gru(5)' is asked for."),
        (("--tokens", "characters"), "--tokens: the model reads words, now characters are asked for."),
        (("--task", "regression"), f"--task: {reviews} is a run of the task 'classification', not of 'regression'."),
    ):
        result = command("train", tmp_path / "new.csv", "--from", reviews, "--out", tmp_path / "other", *flags)
        assert (result.code, said in result.err) == (2, True), result.err
        assert not (tmp_path / "other").exists()
    assert command("train", tmp_path / "new.csv", "--from", tmp_path / "nowhere").code == 4


def test_a_language_model_goes_on_with_other_text(command: Command, tmp_path: Path) -> None:
    for name, text in (("old", TEXT), ("new", TEXT[::-1])):
        (tmp_path / f"{name}.txt").write_text(text)
    command("train", tmp_path / "old.txt", *FAST, "--out", tmp_path / "run")
    result = command("train", tmp_path / "new.txt", "--from", tmp_path / "run", "--out", tmp_path / "grown", "--json")
    assert result.code == 0, result.err
    record = json.loads(result.out)
    assert str(tmp_path / "run") in record["baselines"]
    assert seqloom.load(tmp_path / "grown").get_params()["spec"] == "lstm(8)"
