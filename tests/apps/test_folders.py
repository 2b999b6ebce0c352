"""A model of texts answers texts of every kind, whether it learned from a folder or from a table."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from seqloom.tasks.classification.classifier import Classifier
from tests.apps.running import Command
from tests.tasks.odd_files import DRAW, mood, page, rows, text


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of texts, the same as a table, and a model of each."""
    home = tmp_path_factory.mktemp("folders")
    DRAW.seed(1)
    body = rows(text, mood)
    for place, (one, label) in enumerate(body):
        (home / "texts" / label).mkdir(parents=True, exist_ok=True)
        (home / "texts" / label / f"{place}.txt").write_text(one)
    (home / "table.csv").write_text(page(["text", "label"], body))
    (home / "other.tsv").write_text("Review\tid\na lovely, warm book\t1\na dull, awful one\t2\n")
    (home / "text.txt").write_text("a lovely,\nwarm book\n")
    training = {"steps": 90, "learning_rate": 0.05, "device": "cpu"}
    for source in ("texts", "table.csv"):
        model = Classifier("gru(8) + pool(mean)", tokens="words", batch_size=16, training=training)
        model.fit(home / source, progress=False).save(home / "models" / source.partition(".")[0])
    return home


@pytest.fixture(autouse=True)
def _here(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)


def _rows(out: str, delimiter: str) -> list[str]:
    return [row["prediction"] for row in csv.DictReader(io.StringIO(out), delimiter=delimiter)]


@pytest.mark.parametrize("model", ["models/texts", "models/table"])
def test_texts_of_every_kind_are_answered(model: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a lovely, warm book\na dull, awful one\n")))
    lines = command("predict", model, "-", "--lines")
    assert [line.split("\t")[1] for line in lines.out.splitlines()] == ["positive", "negative"]
    table = command("predict", model, "other.tsv", "--input", "Review", "--top", "2")
    assert _rows(table.out, "\t") == ["positive", "negative"]
    own = command("predict", model, "table.csv", "--json")
    assert "accuracy" in own.err
    assert json.loads(own.out.splitlines()[0])["text"].startswith("The ")
    folder = command("predict", model, "texts")
    assert len(_rows(folder.out, ",")) == 40
    assert (lines.code, table.code, own.code, folder.code) == (0, 0, 0, 0)


def test_a_file_is_a_text_for_a_model_of_files(command: Command) -> None:
    found = command("predict", "models/texts", "text.txt")
    assert (found.code, _rows(found.out, ",")) == (0, ["positive"])
    assert json.loads(command("predict", "models/texts", "text.txt", "--json").out)["prediction"] == "positive"
    assert len(command("predict", "models/texts", "text.txt", "--lines").out.splitlines()) == 2


def test_a_column_is_asked_for_where_none_was_learned_from(command: Command) -> None:
    result = command("predict", "models/texts", "other.tsv")
    assert (result.code, result.out) == (2, "")
    assert "has the columns 'Review', 'id', and the model learned from no table" in result.err
    assert "--input NAME, or --lines" in result.err
