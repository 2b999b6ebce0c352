"""Labelled series, and labelled texts in folders, are known by their names and first lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seqloom.data.made.files import Example, made_file, made_folder
from seqloom.tasks.sequences.claims import claims_labelled
from tests.data.writing import written

LONG = "id,time,x,label\n" + "".join(f"{row // 5},{row},1,a\n" for row in range(20))
PROSE = "It was a bright cold day in April.\n\nThe clocks were striking thirteen.\n"
NAMES = "Khoury\nNahas\nDaher\n"

FOLDERS: list[tuple[Mapping[str, str | bytes], Mapping[str, Any], str | None]] = [
    (made_folder(8, 0), {}, "a folder for each of 4 classes, each file a recording"),
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
    claim = claims_labelled(written(tmp_path, files), given)
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
        ("sensors.csv", made_file(Example.SENSORS, 8, 0), "a step a row"),
        ("a.csv", LONG.replace("label", "z"), None),
        ("a.csv", "id,time,x,label\n" + "".join(f"{row},{row},1,a\n" for row in range(20)), None),
        ("a.csv", "text,label\nfine,1\n", None),
        ("a.csv", "", None),
        ("a.txt", PROSE, None),
        ("a.json", "{}", None),
    ],
)
def test_files(tmp_path: Path, name: str, content: str | bytes, reason: str | None) -> None:
    claim = claims_labelled(written(tmp_path, {name: content}) / name, {})
    assert (claim is not None) is (reason is not None)
    assert claim is None or reason in claim.reason
    assert claims_labelled(tmp_path / "none.csv", {}) is None
