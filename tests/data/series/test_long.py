"""Tables with a step a row: which column is what, whose step a row is, in which order."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.series.columns import Columns
from seqloom.data.series.read import read_recordings
from seqloom.errors import DataError
from tests.data.writing import written

LONG = "id,time,x,y,label\nb,1,1,2,run\nb,2,3,4,run\na,2,7,8,walk\na,1,5,6,walk\n"
EVENTS = (
    "case_id;timestamp;activity;cost;code;outcome\n"
    "c1;2026-01-02 10:00;order;3.5;7;paid\nc1;2026-01-01T09:00;look;;8;paid\nc2;2026-01-03;look;1;7;lost\n"
)


def read(folder: Path, text: str, columns: Columns = Columns(), strict: bool = False):  # noqa: B008
    return read_recordings(written(folder, {"long.csv": text}) / "long.csv", columns, strict=strict)


def test_rows_of_an_id_in_the_order_of_their_time(tmp_path: Path) -> None:
    found = read(tmp_path, LONG)
    assert (found.names, found.labels, found.channels) == (["b", "a"], ["run", "walk"], ("x", "y"))
    np.testing.assert_array_equal(found.series[1].numpy(), [[5, 6], [7, 8]])


def test_event_logs_have_words_and_numbers(tmp_path: Path) -> None:
    found = read(tmp_path, EVENTS)
    assert (found.names, found.labels, found.channels) == (["c1", "c2"], ["paid", "lost"], ("cost", "code"))
    assert found.categories == {"activity": [["look", "order"], ["look"]]}
    np.testing.assert_array_equal(found.series[0].numpy(), [[np.nan, 8], [3.5, 7]])
    named = read(tmp_path, EVENTS, Columns(channels=("activity", "code"), categories=("code",)))
    assert (named.channels, named.categories["code"]) == ((), [["8", "7"], ["7"]])
    assert named.series[0].shape == (2, 0)


def test_a_label_that_changes_is_one_for_each_step(tmp_path: Path) -> None:
    found = read(tmp_path, "id,t,x,state\n1,1,1,on\n1,2,2,off\n2,1,3,on\n")
    assert (found.labels, found.step_labels) == (None, [["on", "off"], ["on"]])


def test_columns_by_name(tmp_path: Path) -> None:
    found = read(tmp_path, "who,x,y,kind\n1,2,3,a\n1,4,5,a\n", Columns(id="who", label="kind", channels=("y",)))
    assert (found.names, found.labels, found.channels, found.series[0].tolist()) == (["1"], ["a"], ("y",), [[3], [5]])
    found = read(tmp_path, "id\tx\n1\t2\n")
    assert (found.labels, found.step_labels) == (None, None)


FAULTS = {
    "a column that is not there": (LONG, Columns(label="lable"), "There is no column 'lable'; .* Did you mean 'label'"),
    "no id": ("x,y\n1,2\n", Columns(), "expected a column that says whose step a row is, such as id; got 'x', 'y'"),
    "no names": ("1,2\n3,4\n", Columns(), "expected a column that says whose step a row is"),
    "the same name twice": ("id,x,x\n1,2,3\n", Columns(), "line 1: two columns have one name: 'x' is column 2 and 3"),
    "a text among numbers": (
        LONG + "c,1,one,2,run\nc,2,1,2,run\n",
        Columns(),
        "column 'x': expected numbers in all 6 rows, but line 6 has 'one'",
    ),
    "rows of other sizes": (LONG + "c,1\nc,2,3,4,5,6\n", Columns(), "line 6 has 2, line 7 has 6"),
    "an open quote": (LONG + 'c,1,"2,3,run\nc,1,2,3,run\n', Columns(), "line 6: a quote is opened and not closed"),
    "a time that is none": (LONG + "c,now,1,2,run\n", Columns(), "column 'time': expected .* line 6 has 'now'"),
    "two kinds of time": (LONG + "c,2026-01-01,1,2,run\n", Columns(), "column 'time': .* line 6 has '2026-01-01'"),
    "a row of nobody": (LONG + ",1,1,2,run\n", Columns(), "line 6, column id: expected an id, got nothing"),
    "a step without a label": (
        "id,x,state\na,1,on\na,2,off\na,3,\n",
        Columns(),
        "line 4, column state: expected a label",
    ),
    "an id without a label": (LONG + "c,1,1,2,\n", Columns(), "long.csv, c: expected a label, as b has"),
    "nothing below the names": ("id,x\n", Columns(), "has names of columns .*, but no rows"),
    "blank lines": ("\n\n", Columns(), "has no rows"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_faults(tmp_path: Path, kind: str) -> None:
    text, columns, message = FAULTS[kind]
    with pytest.raises(DataError, match=f"(?s){message}") as error:
        read(tmp_path, text, columns)
    assert "long.csv" in str(error.value)


def test_strict_names_sample_step_and_channel(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="c1: no number in step 1 of channel cost"):
        read(tmp_path, EVENTS, strict=True)
    assert read(tmp_path, "id,x\n1,1e300\n1,?\n1,2\n").remarks == ("2 missing values masked",)


def test_tables_as_spreadsheets_write_them(tmp_path: Path) -> None:
    text = "id;zeit;time;x;label\r\na;;10:00:01;1.234,5;gr\u00fcn\r\na;;9:59;-2,0;\r\n"
    path = written(tmp_path, {"long.csv": text.encode("cp1252")}) / "long.csv"
    found = read_recordings(path, Columns(channels=("x",)))
    assert (found.series[0].tolist(), found.labels) == ([[-2], [1234.5]], ["gr\u00fcn"])
    assert "read as cp1252" in found.remarks[0]


@given(st.lists(st.tuples(st.integers(0, len(LONG)), st.binary(max_size=3)), max_size=4))
def test_mutated_files_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, changes: list) -> None:
    data = bytearray(LONG.encode())
    for place, piece in changes:
        data[place : place + 2] = piece
    with suppress(DataError):
        path = written(tmp_path_factory.getbasetemp(), {"mutated.csv": bytes(data)}) / "mutated.csv"
        assert len(read_recordings(path))
