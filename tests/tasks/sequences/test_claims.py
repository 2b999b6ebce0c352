"""Labelled series, and labelled texts in folders, are known by their names and first lines."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seqloom.data.made.files import KINDS, Example
from seqloom.data.tables import Sought
from seqloom.errors import DataError, UsageError
from seqloom.tasks.guess import guess
from seqloom.tasks.sequences.claims import claims_series
from seqloom.tasks.sequences.reading import read_sequences
from seqloom.tasks.tagging.tagger import Tagger
from tests.data.writing import written

LONG = "id,time,x,label\n" + "".join(f"{row // 5},{row},1,a\n" for row in range(20))
PROSE = "It was a bright cold day in April.\n\nThe clocks were striking thirteen.\n"
NAMES = "Khoury\nNahas\nDaher\n"

FOLDERS: list[tuple[Mapping[str, str | bytes], Mapping[str, Any], str | None]] = [
    (KINDS[Example.SENSORS].as_folder(8, 0), {}, "a folder for each of 4 classes, each file a recording"),
    ({"pos/1.txt": PROSE, "neg/1.txt": PROSE}, {}, "a folder for each of 2 classes, each file a text"),
    ({"labels.csv": "file,label\n", "a.csv": "1"}, {}, "files with their labels in a table"),
    ({"a_1.csv": "1\n2\n"}, {"label_pattern": "(?P<label>a)"}, "labels in the names"),
    (
        {"Arabic.txt": NAMES, "Czech.txt": NAMES, "README.md": PROSE},
        {},
        "a file for each of 2 classes, each line a text",
    ),
    ({"one.txt": PROSE, "two.txt": PROSE}, {}, None),
    ({"one.txt": NAMES}, {}, None),
    ({"only/1.txt": PROSE}, {}, None),
    ({"model/a": "x", "step/b": "x", "manifest.json": "{}"}, {}, None),
    ({".git/a": "x", ".hidden/b": "x"}, {}, None),
    ({}, {}, None),
]


@pytest.mark.parametrize(("files", "given", "reason"), FOLDERS)
def test_folders(
    tmp_path: Path, files: Mapping[str, str | bytes], given: Mapping[str, Any], reason: str | None
) -> None:
    claim = claims_series("class")(written(tmp_path, files), given)
    assert (claim is not None) is (reason is not None)
    assert claim is None or reason in claim.reason


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.ts", "@data\n", "labelled series (.ts)"),
        ("a_TRAIN.TS.gz", "", "labelled series (.ts)"),
        ("a.npz", b"", "labelled series (.npz)"),
        ("a.csv", LONG, "a step a row: series of each 'id' in the order of 'time' → 'label'"),
        ("a.csv", LONG.replace(",", ";"), "a step a row"),
        ("sensors.csv", KINDS[Example.SENSORS].as_file(8, 0), "a step a row"),
        ("a.csv", "id,time,x,label\n" + "".join(f"{row},{row},1,a\n" for row in range(20)), None),
        ("a.csv", "text,label\nfine,1\n", None),
        ("a.csv", "", None),
        ("a.txt", PROSE, None),
        ("a.json", "{}", None),
    ],
)
def test_files(tmp_path: Path, name: str, content: str | bytes, reason: str | None) -> None:
    claim = claims_series("class")(written(tmp_path, {name: content}) / name, {})
    assert (claim is not None) is (reason is not None)
    assert claim is None or reason in claim.reason
    assert claims_series("class")(tmp_path / "none.csv", {}) is None


def table(names: str, *, label: str = "ab", runs: bool = True, last: str = "", separator: str = ",") -> str:
    """Twenty steps of four series with two channels of numbers; the label is of each series, or changes with them."""
    rows = []
    for row in range(20):
        series = row // 5 if runs else row % 4
        cells = [f"s{series}", *([] if names.count(separator) == 3 else [str(row)]), f"{row}.5", str(row % 7)]
        rows.append(
            separator.join([*cells, label[(series if len(label) == 2 else row) % 2], *([last] if last else [])])
        )
    return names + "\n" + "\n".join(rows) + "\n"


STEPS = [
    ("device_id,timestamp,temp,vib,status", {"target": "status"}, "'device_id' in the order of 'timestamp' → 'status'"),
    ("device_id,timestamp,temp,vib,status", {}, "'device_id' in the order of 'timestamp' → 'status'"),
    (
        "unit,cycle,temp,vib,kind",
        {"target": "kind", "group": "unit", "time": "cycle"},
        "'unit' in the order of 'cycle'",
    ),
    ("unit,cycle,temp,vib,label", {}, "'unit' in the order of 'cycle'"),
    ("series_id,time,temp,vib,class", {}, "'series_id' in the order of 'time'"),
    ("ID;Zeit;Temp;Vib;Klasse", {}, "'ID' in the order of 'Zeit' → 'Klasse'"),
    ("Gerät;Datum;Temp;Vib;Klasse", {}, "'Gerät' in the order of 'Datum' → 'Klasse'"),
    ("MachineId,ts,temp,vib,fault_label", {}, "'MachineId' in the order of 'ts' → 'fault_label'"),
    ("subject,time,temp,vib,activity", {"target": "activity"}, "'subject' in the order of 'time' → 'activity'"),
    ("subject,temp,vib,activity", {"target": "activity"}, "series of each 'subject' → 'activity'"),
    ("serial,when,temp,vib,kind", {"target": "kind", "group": "serial", "time": "when"}, "'serial' in the order of"),
    ('"unit_number","time","x","y","label"', {}, "'unit_number' in the order of 'time' → 'label'"),
]


@pytest.mark.parametrize(("names", "given", "reason"), STEPS)
def test_tables_with_a_step_a_row_are_known_by_many_names(
    tmp_path: Path, names: str, given: Mapping[str, Any], reason: str
) -> None:
    separator = ";" if ";" in names else ","
    file = written(tmp_path, {"s.csv": table(names, separator=separator)}) / "s.csv"
    found = guess(file, given)
    assert found is not None
    assert (found.task, reason in found.reason) == ("classification", True)
    settings = {"target": None, "group": None, "time": None, "input": None} | given
    with warnings.catch_warnings(action="ignore"):
        read = read_sequences(file, None, settings, {}, (Sought.CLASS,))
    assert (len(read.X), read.y, {len(one) for one in read.X}) == (4, ["a", "b"] * 2, {5})
    assert read.about["channels"] == [name.strip('"') for name in names.split(separator)][-3:-1]


def test_a_label_of_each_step_is_tagged_and_not_learned_from_the_id(tmp_path: Path) -> None:
    names = "subject,time,temp,vib,activity"
    file = written(tmp_path, {"s.csv": table(names, label="abs")}) / "s.csv"
    found = guess(file, {"target": "activity"})
    assert found is not None
    assert (found.task, "of each step" in found.reason) == ("tagging", True)
    with pytest.raises(DataError, match=r"s\.csv: the label changes within a series.*--task tagging"):
        read_sequences(file, None, {"target": "activity"}, {}, (Sought.CLASS,))
    given = {"target": "kind", "group": "who", "time": "when"}
    other = written(tmp_path, {"t.csv": table("who,when,temp,vib,kind", label="abs")}) / "t.csv"
    model = Tagger("gru(4)", training={"epochs": 1, "device": "cpu"}, **given)
    assert len(model.fit(other, validation=0.0, progress=False).predict(other)) == 4


@pytest.mark.parametrize(
    "names",
    ["subject,time,temp,vib,activity", "subject,temp,vib,activity", "id,time,temp,vib,z", "unit,t,temp,vib,rul"],
)
def test_the_label_is_asked_for(tmp_path: Path, names: str) -> None:
    file = written(tmp_path, {"s.csv": table(names, label="abs")}) / "s.csv"
    for ask in (lambda: guess(file, {}), lambda: read_sequences(file, None, {}, {}, (Sought.CLASS,))):
        with pytest.raises(
            UsageError, match=r"s\.csv is a table with a step a row: series of each .* Which has the label\?.*--target"
        ):
            ask()


@pytest.mark.parametrize(
    "text",
    [
        table("serial,when,temp,vib,kind"),
        table("user_id,temp,vib,label", runs=False),
        "user_id,temp,vib,label\n" + "".join(f"{row},1,{row},a\n" for row in range(20)),
    ],
    ids=["other names", "no time and no runs", "a row each"],
)
def test_what_does_not_say_whose_step_a_row_is_asks_for_the_flags(tmp_path: Path, text: str) -> None:
    file = written(tmp_path, {"s.csv": text}) / "s.csv"
    with pytest.raises(UsageError, match=r"no column of text to read.*--group.*--time.*--target"):
        guess(file, {})


@pytest.mark.parametrize(
    ("names", "last"),
    [
        ("user_id,date,stars,likes,label,review", "so fine a loom it is"),
        ("user_id,date,stars,likes,label,comment", "fine"),
        ("id,time,stars,likes,label,note", "so fine a loom it is"),
    ],
)
def test_texts_of_one_person_are_no_series(tmp_path: Path, names: str, last: str) -> None:
    file = written(tmp_path, {"s.csv": table(names, last=last)}) / "s.csv"
    assert claims_series("class")(file, {}) is None
    assert claims_series("class")(file, {"group": names.partition(",")[0]}) is None


def test_recordings_without_labels_are_asked_about(tmp_path: Path) -> None:
    files = {f"{state}_{number}.csv": "t,x\n0,1\n1,2\n" for state in ("on", "off") for number in range(3)}
    with pytest.raises(UsageError, match=r"holds recordings, .*--label-pattern '.*'\. A label of each step, .*tagging"):
        guess(written(tmp_path, files), {})
    found = guess(tmp_path, {"label_pattern": r"(?P<label>\w+)_"})
    assert found is not None
    assert found.task == "classification"
