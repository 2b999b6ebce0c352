"""Where the labels of files in a folder stand, and what is said where they stand nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.folders.files import find_files
from seqloom.errors import DataError, UsageError
from tests.data.writing import written

LAYOUTS = {
    "folders of classes": (
        {"walking/a.csv": "1", "walking/b/c.csv": "1", "running/a.csv": "1", "readme.md": "about", "notes.txt": "x"},
        None,
        {"walking/a.csv": "walking", "walking/b/c.csv": "walking", "running/a.csv": "running"},
        {"about the data": 1, "beside the folders of classes": 1},
    ),
    "a file for each class": (
        {"Arabic.txt": "a", "Czech.txt": "b"},
        None,
        {"Arabic.txt": "Arabic", "Czech.txt": "Czech"},
        {},
    ),
    "suffixes": (
        {"rt.neg": "a", "rt.pos": "b", "README.txt": "c"},
        None,
        {"rt.neg": "neg", "rt.pos": "pos"},
        {"about the data": 1},
    ),
    "names that differ with their suffix only": (
        {"a.x": "1", "a.y": "1", "b.x": "1"},
        None,
        {"a.x": "a.x", "a.y": "a.y", "b.x": "b.x"},
        {},
    ),
    "a pattern": (
        {"7_jackson_0.csv": "1", "x/3_theo_1.csv": "1", "other.csv": "1", "empty.csv": ""},
        r"(?P<label>\d)_\w+_\d+\.csv$",
        {"7_jackson_0.csv": "7", "x/3_theo_1.csv": "3"},
        {"empty": 1, "without a label in their name": 1},
    ),
    "a table": (
        {"labels.csv": "file,label\na.csv,x\nsub/b,y\n", "a.csv": "1", "sub/b.csv": "1", "c.csv": "1"},
        None,
        {"a.csv": "x", "sub/b.csv": "y"},
        {"without a line in labels.csv": 1},
    ),
    "a table of tabs": ({"labels.tsv": "Class\tName\nx\ta.csv\n", "a.csv": "1"}, None, {"a.csv": "x"}, {}),
}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_layouts(tmp_path: Path, kind: str) -> None:
    files, pattern, labels, left_out = LAYOUTS[kind]
    found = find_files(written(tmp_path, files), pattern)
    assert {file.name: file.label for file in found.files} == labels
    assert dict(+found.left_out) == left_out
    assert found.named is (kind in ("a file for each class", "suffixes", "names that differ with their suffix only"))
    assert found.of_classes is (found.named or kind == "a pattern")


FAULTS = {
    "nothing": ({}, None, "expected files to learn from, found none"),
    "a readme alone": ({"README": "x"}, None, "expected files to learn from, found none"),
    "parts": (
        {"train/a/1.txt": "x", "test/a/1.txt": "x"},
        None,
        "is divided into test, train. Name one of them: .*train",
    ),
    "a table without labels": (
        {"labels.csv": "a,b\n1,2\n", "a.csv": "1"},
        None,
        "expected columns file and label, got a, b",
    ),
    "faults of a table": (
        {"labels.csv": "file,label\na.csv,x\na,y\nb.csv,x\nd.csv,\n", "a.csv": "1", "d.csv": "1"},
        None,
        r"3 problems in .*labels.csv:\n  line 3: a.csv has a label already, in line 2.\n  line 4: there is no file "
        r"'b.csv' in .*\n  line 5: the label of d.csv is empty",
    ),
    "rows of other sizes": ({"labels.csv": "file,label\na.csv\n", "a.csv": "1"}, None, "line 2 has 1"),
    "no name with a label": ({"a.csv": "1"}, r"(?P<label>\d)", "finds no label in any of 1 names, such as a"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_folders_that_do_not_tell_labels(tmp_path: Path, kind: str) -> None:
    files, pattern, message = FAULTS[kind]
    with pytest.raises(DataError, match=message) as error:
        list(find_files(written(tmp_path, files), pattern).files)
    assert str(tmp_path) in str(error.value)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", r"expected a regular expression, got '\('"),
        (r"(\d+)", "expected a group named label"),
        (r"(?P<label>(a+)+)$", "takes too long on"),
    ],
)
def test_patterns_that_cannot_be_used(
    tmp_path: Path, pattern: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqloom.data.folders.files._SECONDS", 1e-9)
    with pytest.raises(UsageError, match=f"label_pattern: .*{message}"):
        find_files(written(tmp_path, {"a" * 60 + "b": "1"}), pattern)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        find_files(tmp_path / "x")
    with pytest.raises(DataError, match="expected a folder, got a file"):
        find_files(written(tmp_path, {"y": "1"}) / "y")


@pytest.mark.parametrize(
    ("table", "labels", "column"),
    [
        ("filename,species\na.csv,bee\nb.csv,fly\nc.csv,bee\nd.csv,fly\n", ["bee", "fly"] * 2, "species"),
        ("wav;kind;by\na;x;1\nb;y;1\nc;x;1\nd;y;1\n", ["x", "y"] * 2, "kind"),
        ("file,load\na.csv,1.5\nb.csv,2.5\nc.csv,3.5\nd.csv,4.5\n", ["1.5", "2.5", "3.5", "4.5"], "load"),
        ("name,note,label\na,q,x\nb,q,y\nc,r,x\nd,r,y\n", ["x", "y"] * 2, "label"),
    ],
)
def test_columns_of_a_table_of_labels_by_what_they_hold(
    tmp_path: Path, table: str, labels: list[str], column: str
) -> None:
    files = {f"{name}.csv": "1" for name in "abcd"} | {"labels.csv": table}
    found = find_files(written(tmp_path, files))
    assert ([file.label for file in found.files], found.column, found.left_out) == (labels, column, {})


def test_two_columns_that_may_be_the_label_are_named(tmp_path: Path) -> None:
    table = "file,kind,site\n" + "".join(f"{name}.csv,{k % 2},s{k // 2}\n" for k, name in enumerate("abcd"))
    with pytest.raises(UsageError, match=r"labels\.csv has several columns that may be the label: 'kind', 'site'"):
        find_files(written(tmp_path, {f"{name}.csv": "1" for name in "abcd"} | {"labels.csv": table}))
