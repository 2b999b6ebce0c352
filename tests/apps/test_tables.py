"""Tables on the command line: the task guessed, a model trained, predictions written back in the file's own format."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from seqloom.tasks.classification.classifier import Classifier
from tests.apps.running import Command
from tests.tasks.odd_files import DRAW, cases, mood, page, rows, text

FAST = ("--model", "gru(4) + pool(last)", "--steps", "8", "--device", "cpu", "--quiet")
FILES = {case.name: case for case in cases()}


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    DRAW.seed(2)


@pytest.fixture(scope="module")
def moods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("moods")
    DRAW.seed(1)
    (home / "a.csv").write_text(page(["text", "label"], rows(text, mood, count=120)))
    training = {"steps": 120, "learning_rate": 0.05, "device": "cpu"}
    model = Classifier("gru(8) + pool(mean)", tokens="words", batch_size=16, training=training)
    model.fit(home / "a.csv", progress=False).save(home / "moods")
    return home / "moods"


def _feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_table_is_taken_for_its_task_and_that_is_said(command: Command) -> None:
    Path("klasse.csv").write_bytes(FILES["klasse.csv"].data)
    result = command("train", "klasse.csv", *FAST)
    assert result.code == 0
    line = next(line for line in result.err.splitlines() if line.startswith("klasse.csv"))
    assert line == (
        "klasse.csv: a class (Klasse) from Satz. Taken for classification; --task, --target and --input say otherwise."
    )
    assert "equal texts together, drawn by seed" not in line
    run = json.loads(command("train", "klasse.csv", "--resume", "--steps", "12", "--json", "-q").out)
    assert (run["task"], run["steps"]) == ("classification", 12)


def test_rows_for_testing_are_scored_once(command: Command) -> None:
    Path("split.csv").write_bytes(FILES["split.csv"].data)
    record = json.loads(command("train", "split.csv", *FAST, "--json").out)
    assert (record["count"], record["test"]["count"]) == (10, 10)
    assert json.loads(command("evaluate", "models/split", "split.csv", "--json").out)["count"] == 10
    Path("reviews.csv").write_bytes(FILES["reviews.csv"].data)
    record = json.loads(command("train", "reviews.csv", *FAST, "--test", "split.csv", "--json").out)
    assert (record["count"], record["test"]["count"]) == (4, 40)
    record = json.loads(command("train", "reviews.csv", *FAST, "--force", "--validation", "split.csv", "--json").out)
    assert record["count"] == 40
    assert "test" not in record


def test_doubts_end_with_the_choices(command: Command) -> None:
    for name in ("stars.csv", "mails.csv"):
        Path(name).write_bytes(FILES[name].data)
        result = command("train", name, *FAST)
        assert (result.code, result.out) == (2, "")
        assert "Say which: --" in result.err
    Path("more.csv").write_bytes(FILES["stars.csv"].data)
    several = command("train", "stars.csv", "more.csv", *FAST)
    assert (several.code, "Expected one table, got 2: stars.csv, more.csv" in several.err) == (2, True)
    assert not Path("models").exists()
    assert command("train", "mails.csv", "--input", "subject,body", *FAST).code == 0


def test_a_damaged_table_is_refused_and_nothing_written(command: Command) -> None:
    Path("a.csv").write_text("text,label\nfine,a\nso,b,c\n")
    result = command("train", "a.csv", *FAST)
    assert result.code == 3
    assert "a.csv: expected 2 cells in each row, as in the first; line 3 has 3" in result.err
    assert not Path("models").exists()


def test_predictions_come_back_in_the_files_own_format(
    command: Command, moods: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = [["7", "a lovely, warm book", "1,5"], ["3", "", "2,5"], ["5", 'an "awful" and dull\nmeal', "größe"]]
    data = page(["id", "text", "more"], body, delimiter=";", lineterminator="\r\n").replace("\nmeal", "\r\nmeal")
    Path("new.csv").write_bytes(data.encode("cp1252"))
    stdout = io.TextIOWrapper(io.BytesIO())
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", stdout)
        result = command("predict", moods, "new.csv")
    out = stdout.buffer.getvalue().decode("cp1252")
    assert result.code == 0
    assert "read as cp1252" in result.err
    assert "1 rows without a text have no prediction" in result.err
    found = list(csv.reader(io.StringIO(out, newline=""), delimiter=";"))
    assert found[0] == ["id", "text", "more", "prediction", "probability"]
    assert [row[0] for row in found[1:]] == ["7", "3", "5"]
    assert [row[3] for row in found[1:]] == ["positive", "", "negative"]
    assert 0.5 < float(found[1][4].replace(",", ".")) <= 1
    assert "," in found[1][4]
    assert found[3][1] == 'an "awful" and dull\r\nmeal'
    assert out.count("\r\n") == out.count("\n") == 5


def test_json_lines_keep_every_character(command: Command, moods: Path) -> None:
    Path("new.jsonl").write_text('{"n": 1.50, "text": "a lovely book", "prediction": null}\n{"text": "dull"}\n')
    out = command("predict", moods, "new.jsonl", "--top", "2").out.splitlines()
    assert out[0].startswith('{"n": 1.50, "text": "a lovely book", "prediction": null, "prediction_2": "positive"')
    assert list(json.loads(out[1])) == ["text", "prediction_2", "probability", "prediction_2_2", "probability_2"]


def test_a_target_in_the_file_is_scored(command: Command, moods: Path) -> None:
    Path("new.csv").write_text(page(["label", "text"], rows(mood, text)))
    result = command("predict", moods, "new.csv")
    assert "40 rows have a 'label': accuracy " in result.err
    assert float(result.err.split("accuracy ")[1].split()[0].rstrip(".")) > 0.8


def test_standard_input_streams_through(command: Command, moods: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _feed(monkeypatch, b"text\tid\n" + b"a lovely book\t1\na dull one\t2\n" * 2000)
    result = command("predict", moods, "-")
    assert result.code == 0
    assert len(result.out.splitlines()) == 4001
    assert result.out.splitlines()[:2][0] == "text\tid\tprediction\tprobability"
    _feed(monkeypatch, b"a lovely, warm book\nand a dull, awful one\n")
    lines = command("predict", moods, "-", "--lines").out.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [
        ["a lovely, warm book", "positive"],
        ["and a dull, awful one", "negative"],
    ]


def test_a_table_without_the_target_cannot_be_scored(command: Command, moods: Path) -> None:
    Path("new.csv").write_text("text,labels\nso so,a\nor so,b\n")
    result = command("evaluate", moods, "new.csv")
    assert (result.code, result.out) == (3, "")
    assert "new.csv has no column 'label', which says what is right; it has 'text', 'labels'. Did you" in result.err


def test_an_empty_file_is_nothing_to_read(command: Command, moods: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("new.csv").write_text("")
    for words in (("predict", moods, "new.csv"), ("evaluate", moods, "new.csv"), ("predict", moods, "-")):
        _feed(monkeypatch, b"")
        result = command(*words)
        assert (result.code, result.out) == (3, "")
        assert "is empty: there is nothing to read." in result.err


def test_a_class_with_a_single_row_cannot_be_judged(command: Command) -> None:
    Path("a.csv").write_text(page(["text", "label"], [*rows(text, mood), ["so it is", "odd"]]))
    result = command("train", "a.csv", *FAST)
    assert result.code == 0
    assert "A class with a single example cannot be judged: 'odd'." in result.err


def test_a_column_that_is_not_there_is_named(command: Command, moods: Path) -> None:
    Path("new.csv").write_text("texts,id\nso so,1\n")
    result = command("predict", moods, "new.csv")
    assert (result.code, result.out) == (2, "")
    assert (
        "new.csv has no column 'text', which the model reads; it has 'texts', 'id'. Did you mean 'texts'?" in result.err
    )
    assert command("predict", moods, "new.csv", "--input", "texts").code == 0
    assert command("predict", moods, "nowhere.csv").code == 3


def test_the_report_says_what_is_in_a_table(command: Command) -> None:
    body = rows(text, mood)
    body += [[body[0][0], "negative"], [body[3][0].upper(), body[3][1]], ["", "positive"]]
    Path("a.csv").write_text(page(["text", "label"], body), encoding="cp1252")
    Path("test.csv").write_text(page(["text", "label"], [body[1], ["a new one", "positive"], ["one more", "negative"]]))
    result = command("data", "a.csv", "--test", "test.csv", "--json")
    assert result.code == 0
    report = json.loads(result.out)
    assert (report["rows"], report["examples"], report["left_out"]) == (43, 42, 1)
    assert report["task"] == "classification"
    assert report["columns"][1] == {
        "name": "label", "kind": "category", "missing": 0, "distinct": 2, "example": "negative",
    }  # fmt: skip
    assert sum(report["classes"].values()) == 42
    assert report["duplicates"]["rows"] >= 2
    assert report["duplicates"]["texts_with_several_targets"] == (body[0][1] != "negative")
    assert report["in_test_too"] == 1
    assert report["parts"] == {"train": 38, "validation": 4}
    assert 0 <= report["unknown_words"] < 0.3
    assert report["words"]["median"] == 10
    shown = command("data", "a.csv")
    assert "Left out 1 with an empty text (line 44)." in shown.err
    for words in (
        "a.csv: 43 rows, utf-8, separated by comma",
        "label, 2 classes: positive ",
        "takes it for classification",
    ):
        assert words in shown.out


def test_the_report_counts_what_leaks_between_parts(command: Command) -> None:
    body = [["test" if place == 5 else "train", one[0], one[1]] for place, one in enumerate(rows(text, mood))]
    body[5][1] = body[7][1]
    Path("a.csv").write_text(page(["split", "text", "label"], body))
    result = command("data", "a.csv")
    assert "Leak: 1 rows of other parts have a text that is in the rows for training too." in result.out
    assert json.loads(command("data", "a.csv", "--json").out)["leaks"] == 1


def test_the_report_asks_what_training_would_ask(command: Command) -> None:
    Path("stars.csv").write_bytes(FILES["stars.csv"].data)
    result = command("data", "stars.csv")
    assert result.code == 2
    assert "whole numbers from 1 to 5, which may be classes or amounts. Say which: --task" in result.err
    for task, found in (("classification", "classes"), ("regression", "numbers")):
        result = command("data", "stars.csv", "--task", task, "--json")
        assert (result.code, found in json.loads(result.out)) == (0, True)
    assert command("train", "stars.csv", "--task", "classification", *FAST).code == 0
    assert command("data", "stars.csv", "--task", "language-model").code == 0
    assert command("data", "stars.csv", "--task", "clasification").code == 2


@pytest.mark.parametrize(
    ("text", "words", "code", "said"),
    [
        ("text,label\nso it is,a\nis it so,b\n", ("--target", "Nope"), 2, "has no column 'Nope'"),
        ("text,label\nso it is,a\nis it so,a\n", (), 3, "every row has 'a'"),
        ("text,label\nso it is,a\n", (), 3, "1 row with a text and a target"),
        ("text\nso it is\nis it so\n", (), 2, "no column to predict"),
        ("text,label\nso it is,a\nfine,b,c\n", (), 3, "expected 2 cells"),
    ],
)
def test_the_report_fails_where_training_would(
    text: str, words: tuple[str, ...], code: int, said: str, command: Command
) -> None:
    Path("a.csv").write_text(text)
    result, trained = command("data", "a.csv", *words), command("train", "a.csv", *words, *FAST)
    assert (result.code, trained.code) == (code, code)
    assert said in result.err
    assert said in trained.err
    report = command("data", "a.csv", *words, "--json")
    assert report.code == code
    assert "cells" in said or said in json.loads(report.out)["question"]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_a_table_through_standard_input_is_one(
    name: str, command: Command, moods: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = rows(text, mood)
    data = {
        "a.csv": page(["text", "label"], body),
        "a.tsv": page(["text", "label"], body, delimiter="\t"),
        "a.jsonl": "".join(json.dumps(dict(zip(["text", "label"], row, strict=True))) + "\n" for row in body),
    }[name]
    Path(name).write_text(data)
    results = []
    for source in (name, "-"):
        reports = []
        for words in (
            ("data", source),
            ("evaluate", moods, source),
            ("train", source, *FAST, "--out", f"runs/{source}"),
        ):
            _feed(monkeypatch, data.encode())
            result = command(*words, "--json")
            assert result.code == 0, result.err
            report = json.loads(result.out)
            reports.append({key: value for key, value in report.items() if key not in ("file", "files", "directory")})
        results.append(reports)
        assert "a class (label) from text. Taken for classification" in result.err
    assert results[0] == results[1]


def test_several_processes_cannot_share_standard_input(
    command: Command, moods: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqloom.apps.cli.inputs.launched", lambda: (0, 2))
    for words in (("data", "-"), ("evaluate", moods, "-"), ("train", "-")):
        _feed(monkeypatch, b"text,label\nso it is,a\nis it so,b\n")
        result = command(*words)
        assert (result.code, "- is for one process" in result.err) == (2, True)


def test_text_through_standard_input_is_said_to_be_text(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    _feed(monkeypatch, b"Dear Ann,\nso, it is\n" * 60)
    result = command("train", "-", "--model", "gru(4)", "--steps", "2", "--quiet")
    assert result.code == 0
    assert "standard input: text. Taken for language-model; --task says otherwise." in result.err


def test_the_report_on_a_text(command: Command) -> None:
    Path("a.txt").write_text("one line\nand one more\n")
    report = json.loads(command("data", "a.txt", "--json").out)
    assert (report["task"], report["lines"], report["characters_of_text"]) == ("language-model", 2, 22)
    assert "takes it for language-model" in command("data", "a.txt").out
    assert command("data", "nowhere.csv").code == 3
