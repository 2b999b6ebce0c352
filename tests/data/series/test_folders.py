"""Folders of recordings: by class, by name, by a table; with what is said of channels that differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.series.read import read_recordings
from seqloom.errors import DataError
from tests.data.writing import written

ONE, TWO = "time,x,y\n0,1,2\n1,3,4\n", "time,x,y\n0,5,6\n"


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    found = read_recordings(
        written(tmp_path, {"walk/a.csv": ONE, "run/b.csv": TWO, "run/c.csv": "time,x,y\n", "run/d.csv": ""})
    )
    assert (found.names, found.labels, found.channels) == (["run/b.csv", "walk/a.csv"], ["run", "walk"], ("x", "y"))
    assert [series.tolist() for series in found.series] == [[[5, 6]], [[1, 2], [3, 4]]]
    assert found.remarks == ("1 empty left out", "1 recordings without a step left out")


def test_files_without_names_of_columns(tmp_path: Path) -> None:
    found = read_recordings(written(tmp_path, {"walk/a.txt": "1 2\n3 4\n", "run/b.txt": "   5  -6 \n  -5 6\n"}))
    assert (found.channels, found.series[0].tolist()) == (("column 1", "column 2"), [[5, -6], [-5, 6]])


def test_labels_in_names_and_in_a_table(tmp_path: Path) -> None:
    by_name = read_recordings(written(tmp_path / "a", {"7_theo.csv": ONE}), label_pattern=r"^(?P<label>\d)_")
    assert by_name.labels == ["7"]
    files = {"7_theo.csv": ONE, "8_theo.csv": TWO}
    assert read_recordings(written(tmp_path / "c", files), label_pattern=r"^(?P<label>\d)_").labels == ["7", "8"]
    by_table = read_recordings(written(tmp_path / "b", {"labels.csv": "file,label\nx,on\n", "x.csv": ONE}))
    assert by_table.labels == ["on"]


def test_a_label_in_the_files_of_a_class_is_no_channel(tmp_path: Path) -> None:
    found = read_recordings(written(tmp_path, {"walk/a.csv": "x,label\n1,walk\n"}))
    assert (found.channels, found.labels, found.step_labels) == (("x",), ["walk"], None)


def test_recordings_with_a_label_in_each_step(tmp_path: Path) -> None:
    found = read_recordings(written(tmp_path, {"a.csv": "x,state\n1,on\n2,off\n", "b.csv": "x,state\n3,on\n"}))
    assert (found.names, found.labels, found.step_labels) == (["a.csv", "b.csv"], None, [["on", "off"], ["on"]])


def test_recordings_without_labels_can_be_read(tmp_path: Path) -> None:
    found = read_recordings(written(tmp_path, {"1.csv": ONE, "2.csv": TWO}))
    assert (found.names, found.labels, found.step_labels) == (["1.csv", "2.csv"], None, None)


FAULTS = {
    "other names": (
        {"a/1.csv": ONE, "b/2.csv": ONE.replace("y", "z")},
        "b/2.csv: expected the channels of a/1.csv: 'y', got 'z'",
    ),
    "another number": (
        {"a/1.csv": ONE, "b/2.csv": "x\n1\n"},
        "b/2.csv: expected the channels of a/1.csv: 2 channels, got 1",
    ),
    "several": (
        {"a/1.csv": ONE, "a/2.csv": "x\n1\n", "a/3.csv": "x\n1\n"},
        "2 problems in .*\n  a/2.csv: .*\n  a/3.csv: ",
    ),
    "a text among numbers": ({"a/1.csv": ONE + "2,one,4\n2,5,5\n"}, "a/1.csv, column 'x': .* line 4 has 'one'"),
    "labels in some": (
        {"1.csv": "x,state\n1,on\n", "2.csv": "x\n1\n"},
        "2.csv: expected a label for each step, as 1.csv has",
    ),
    "no steps": ({"a/1.csv": "x\n"}, "expected recordings, found none with a step in it"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_faults(tmp_path: Path, kind: str) -> None:
    files, message = FAULTS[kind]
    with pytest.raises(DataError, match=f"(?s){message}") as error:
        read_recordings(written(tmp_path, files))
    assert str(tmp_path) in str(error.value)
