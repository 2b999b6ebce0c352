"""Whose step a row is, when it was and what its label is, by names and by what columns hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.data.series.columns import Columns, find_columns, unchanging
from seqloom.data.tables import read_table
from seqloom.errors import DataError
from tests.data.writing import written


def table(names: str, row: str, count: int = 12) -> str:
    """Four series of three steps; in a row {s} is its series, {t} its step, {l} a label of the series."""
    rows = (row.format(s=k // 3, t=k % 3, k=k, l="ab"[k // 3 % 2], n=10.5 * (k // 3)) for k in range(count))
    return f"{names}\n" + "\n".join(rows) + "\n"


FOUND = {
    "usual names": (table("id,time,x,label", "r{s},{t},{k},{l}"), ("id", "time", "label", ("x",))),
    "a thing and its number": (
        table("unit_nr,time_cycles,x,label", "{s},{t},{k},{l}"),
        ("unit_nr", "time_cycles", "label", ("x",)),
    ),
    "any id": (table("epoch_id,time_ms,x,kind", "e{s},{t},{k},{l}"), ("epoch_id", "time_ms", "kind", ("x",))),
    "two ids, one of which numbers the steps": (
        table("sample,recording,x,label", "{t},r{s},{k},{l}"),
        ("recording", "sample", "label", ("x",)),
    ),
    "hours": (table("patient_id,hour,x,died", "p{s},{t},{k},{l}"), ("patient_id", "hour", "died", ("x",))),
    "dates": (
        table("user_id,seen,x,churned", "u{s},2024-01-0{t}T08:00:00Z,{k},{l}".replace("0{t}T", "1{t}T")),
        ("user_id", "seen", "churned", ("x",)),
    ),
    "a number for each": (table("cell_id,cycle,x,life", "c{s},{t},{k},{n}"), ("cell_id", "cycle", "life", ("x",))),
    "an amount of time is no clock": (
        table("machine,cycle_time,x,label", "m{s},7.5,{k},{l}"),
        ("machine", None, "label", ("cycle_time", "x")),
    ),
    "two that do not change": (table("id,x,site,kind", "r{s},{k},s{l},{n}"), ("id", None, None, ("x", "site", "kind"))),
    "nothing that does not change": (table("id,time,x,y", "r{s},{t},{k},{k}"), ("id", "time", None, ("x", "y"))),
    "the same of all": (table("id,x,site,kind", "r{s},{k},here,{l}"), ("id", None, "kind", ("x", "site"))),
}


@pytest.mark.parametrize("kind", FOUND)
def test_columns_are_found(tmp_path: Path, kind: str) -> None:
    text, wanted = FOUND[kind]
    found = find_columns(read_table(written(tmp_path, {"a.csv": text}) / "a.csv"), Columns())
    assert (found.id, found.time, found.label, found.channels) == wanted


def test_what_was_learned_from_is_no_label(tmp_path: Path) -> None:
    read = read_table(written(tmp_path, {"a.csv": table("id,time,x,age", "r{s},{t},{k},{n}")}) / "a.csv")
    assert find_columns(read, Columns()).label == "age"
    assert find_columns(read, Columns(), learned=["x", "age"]) == Columns("id", "time", None, ("x", "age"))
    assert unchanging(read, Columns(id="id", time="time")) == ["age"]


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    read = read_table(written(tmp_path, {"a.csv": table("id,time,x,label", "r{s},{t},{k},{l}")}) / "a.csv")
    with pytest.raises(DataError, match=r"There is no column 'lable'; .* Did you mean 'label'"):
        find_columns(read, Columns(label="lable"))
