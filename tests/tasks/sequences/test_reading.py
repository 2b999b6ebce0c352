"""Files and folders of labelled series and texts, as the tasks over sequences read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.made.files import KINDS, Example
from seqloom.data.tables import Sought
from seqloom.errors import SeqloomWarning
from seqloom.tasks.sequences.reading import divided, read_sequences
from tests.data.writing import written

PATTERN = {"label_pattern": r"(?P<label>\w+)-\d+"}


def test_labels_in_names_of_files_of_series(tmp_path: Path) -> None:
    flat = {name.replace("/", "-"): text for name, text in KINDS[Example.SENSORS].as_folder(8, 0).items()}
    with pytest.warns(SeqloomWarning, match="missing values masked"):
        found = read_sequences(written(tmp_path, flat), None, PATTERN, {}, (Sought.CLASS,))
    assert found.y == [state for state in ("idle", "overload", "running", "worn") for _ in range(2)]
    assert {series.shape[1] for series in found.X} == {3}


def test_labels_in_names_of_files_of_texts(tmp_path: Path) -> None:
    files = {"good-1.txt": "fine\n", "good-2.txt": "very fine\n", "bad-1.txt": "poor\n", "other.txt": "x"}
    with pytest.warns(SeqloomWarning, match="1 without a label in their name left out"):
        found = read_sequences(written(tmp_path, files), None, PATTERN, {}, (Sought.CLASS,))
    assert (list(found.X), found.y) == (["poor", "fine", "very fine"], ["bad", "good", "good"])


def test_the_columns_that_are_named(tmp_path: Path) -> None:
    path = (
        written(tmp_path, {"s.csv": "id,when,x,y,kind\na,2,1,2,on\na,1,3,4,on\nb,1,5,6,off\nb,2,7,8,off\n"}) / "s.csv"
    )
    asked = {"target": "kind", "time": "when", "input": "y", "label_pattern": None}
    found = read_sequences(path, None, asked, {}, (Sought.CLASS,))
    assert ([series.tolist() for series in found.X], found.y) == ([[[4], [2]], [[6], [8]]], ["on", "off"])


@pytest.mark.parametrize("settings", [PATTERN, {}], ids=["names", "folders"])
def test_equal_texts_of_files_are_held_out_together(settings: dict[str, str], tmp_path: Path) -> None:
    between = "-" if settings else "/"
    files = {f"{kind}{between}{k}.txt": f"{kind} {k // 2}\n" for kind in ("good", "bad") for k in range(20)}
    given = read_sequences(written(tmp_path, files), None, settings, {}, (Sought.CLASS,))
    division = divided(given, 0.2, 0, by_class=True)
    sides = [{given.X[place] for place in part} for part in division[:2]]
    assert not sides[0] & sides[1]
    assert division.remark == "Held out: 8 of 40 examples, equal texts together, drawn by seed 0."
