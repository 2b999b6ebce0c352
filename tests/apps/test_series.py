"""Series by the command line: from a table with a step a row, predicted without labels, as a table and as JSON."""

from __future__ import annotations

import json
from csv import DictReader
from pathlib import Path

import pytest

from seqloom.tasks.regression.regressor import Regressor
from seqloom.tasks.tagging.tagger import Tagger
from tests.apps.running import Command
from tests.data.writing import written

FAST = ("--model", "gru(4) + pool(last)", "--epochs", "1", "--device", "cpu", "--quiet")
TRAINING = {"epochs": 1, "device": "cpu"}
VALUES = "".join(f"r{row // 4},{row},{row}.5,{row % 3}\n" for row in range(80))


@pytest.fixture
def run(command: Command, tmp_path: Path) -> Path:
    labelled = "".join(f"{line},{'ab'[row // 4 % 2]}\n" for row, line in enumerate(VALUES.splitlines()))
    (tmp_path / "learned.csv").write_text(f"unit,cycle,temp,vib,kind\n{labelled}")
    flags = ("--target", "kind", "--group", "unit", "--time", "cycle")
    result = command("train", tmp_path / "learned.csv", "--out", tmp_path / "run", *flags, *FAST)
    assert result.code == 0, result.err
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"unit,cycle,vib,temp\n{VALUES}", [f"r{row}" for row in range(20)]),
        ("temp,vib\n1,2\n3,4\n", ["new.csv"]),
    ],
    ids=["a step a row", "one recording"],
)
def test_json_says_what_the_table_says(command: Command, run: Path, text: str, names: list[str]) -> None:
    file = written(run.parent, {"new.csv": text}) / "new.csv"
    rows = list(DictReader(command("predict", run, file).out.splitlines()))
    records = [json.loads(line) for line in command("predict", run, file, "--json").out.splitlines()]
    assert [row["recording"] for row in rows] == names
    assert [{name: str(value) for name, value in record.items()} for record in records] == rows
    assert {type(record["probability"]) for record in records} == {float}


def test_other_channels_end_in_3(command: Command, run: Path) -> None:
    file = written(run.parent, {"new.csv": "foo,bar\n1,2\n3,4\n"}) / "new.csv"
    said = command("predict", run, file)
    assert (said.code, said.out) == (3, "")
    assert f"{file}: expected the channels 'temp', 'vib', as in training, got 'foo', 'bar'" in said.err


def test_numbers_and_tags_of_recordings_have_their_names(command: Command, tmp_path: Path) -> None:
    series, numbers = [[[float(k), 1.0], [2.0, 3.0]] for k in range(8)], [float(k) for k in range(8)]
    regressor = Regressor("gru(4) + pool(last)", training=TRAINING)
    regressor.fit(series, numbers, validation=0.0, progress=False).save(tmp_path / "numbers")
    tagger = Tagger("gru(4)", training=TRAINING)
    tagger.fit(series, [["on", "off"]] * 8, validation=0.0, progress=False).save(tmp_path / "tags")
    file = written(tmp_path, {"new.csv": "temp,vib\n1,2\n3,4\n"}) / "new.csv"
    (number,) = map(json.loads, command("predict", tmp_path / "numbers", file, "--json").out.splitlines())
    assert (number["recording"], type(number["prediction"])) == ("new.csv", float)
    (tags,) = map(json.loads, command("predict", tmp_path / "tags", file, "--json").out.splitlines())
    assert (tags["recording"], len(tags["prediction"])) == ("new.csv", 2)


def test_the_report_has_the_channels_and_asks_for_the_label(command: Command, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(f"subject,time,temp,activity\n{VALUES}")
    report = json.loads(command("data", tmp_path / "s.csv", "--json").out)
    assert (report["recordings"], "Which has the label?" in report["question"]) == (20, True)
    report = json.loads(command("data", tmp_path / "s.csv", "--target", "activity", "--json").out)
    assert (report["task"], [one["name"] for one in report["channels"]]) == ("tagging", ["temp"])
