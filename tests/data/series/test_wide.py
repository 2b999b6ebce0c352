"""Tables with a series a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.series import Columns, read_recordings
from seqloom.data.series.wide import find_wide
from seqloom.data.tables import read_table
from tests.data.writing import written

STEPS = [f"{k}.5" for k in range(9)]


def lines(head: list[str] | None, *rows: list[str], separator: str = ",") -> str:
    return "".join(separator.join(row) + "\n" for row in [*([head] if head else []), *rows])


NUMBERED = [f"t{k}" for k in range(9)]
WIDE = {
    "named steps": (lines([*NUMBERED, "label"], *[[*STEPS, one] for one in "abab"]), ("value",), "label", None),
    "an id": (
        lines(["id", "kind", *NUMBERED], *[[str(7 + k), "ab"[k % 2], *STEPS] for k in range(4)]),
        ("value",),
        "kind",
        "id",
    ),
    "numbers alone": (
        lines(["class", *map(str, range(9))], *[[one, *STEPS] for one in "abab"]),
        ("value",),
        "class",
        None,
    ),
    "two channels": (
        lines(
            [*[f"ax_{k}" for k in range(9)], *[f"ay_{k}" for k in range(9)], "y"],
            *[[*STEPS, *STEPS, one] for one in "abab"],
        ),
        ("ax", "ay"),
        "y",
        None,
    ),
    "no names, label first": (
        lines(None, *[[one, *STEPS] for one in "1212"], separator="\t"),
        ("value",),
        "column 1",
        None,
    ),
    "no names, label last": (lines(None, *[[*STEPS, one] for one in "1212"]), ("value",), "column 10", None),
    "a number as label": (
        lines(["load", *NUMBERED], *[[f"{k}.25", *STEPS] for k in range(4)]),
        ("value",),
        "load",
        None,
    ),
}


@pytest.mark.parametrize("kind", WIDE)
def test_the_columns_are_found(tmp_path: Path, kind: str) -> None:
    text, channels, label, whose = WIDE[kind]
    path = written(tmp_path, {"wide.csv": text}) / "wide.csv"
    found = find_wide(read_table(path), Columns())
    assert found is not None
    assert (tuple(found.channels), found.label, found.whose) == (channels, label, whose)
    read = read_recordings(path)
    assert (len(read), read.channels, read.series[0].tolist()) == (
        4,
        channels,
        [[k + 0.5] * len(channels) for k in range(9)],
    )
    assert read.labels is not None


OTHERS = {
    "few steps": lines([*NUMBERED[:5], "label"], *[[*STEPS[:5], one] for one in "abab"]),
    "another number": lines([*NUMBERED, "amount", "label"], *[[*STEPS, "3.7", one] for one in "abab"]),
    "a gap": lines([*NUMBERED[:8], "t9", "label"], *[[*STEPS, one] for one in "abab"]),
    "channels of two lengths": lines(
        [*[f"a{k}" for k in range(9)], *[f"b{k}" for k in range(8)], "label"],
        *[[*STEPS, *STEPS[:8], one] for one in "abab"],
    ),
    "a text": lines([*NUMBERED, "text", "label"], *[[*STEPS, "so it is", one] for one in "abab"]),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_tables_are_none(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, {"wide.csv": OTHERS[kind]}) / "wide.csv"
    assert find_wide(read_table(path), Columns()) is None


def test_empty_cells_at_the_end_are_no_steps(tmp_path: Path) -> None:
    rows = [["a", *STEPS], ["b", *STEPS[:4], *[""] * 5], ["a", "", *STEPS[1:]], ["b", *STEPS]]
    read = read_recordings(written(tmp_path, {"w.csv": lines(["label", *NUMBERED], *rows)}) / "w.csv")
    assert [len(one) for one in read.series] == [9, 4, 9, 9]
    assert read.remarks == ("1 missing values masked",)
    assert read.names[1].endswith("w.csv, line 3")


def test_predicting_needs_no_label(tmp_path: Path) -> None:
    path = written(tmp_path, {"w.csv": lines(NUMBERED, STEPS, STEPS)}) / "w.csv"
    read = read_recordings(path, learned=["value"])
    assert (len(read), read.labels) == (2, None)
    steps = read_recordings(path, learned=NUMBERED)  # a step a row, of a model with these channels
    assert (len(steps), len(steps.series[0]), steps.channels) == (1, 2, tuple(NUMBERED))
