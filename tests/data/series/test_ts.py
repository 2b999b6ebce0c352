"""Series in the format of sktime and the UEA archive."""

from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqloom.data.series.read import read_recordings
from seqloom.errors import DataError
from tests.data.writing import written

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
HEAD = "# about\n@problemName Toy\n@timeStamps false\n@univariate false\n@dimensions 2\n@classLabel true a b\n@data\n"
TOY = HEAD + "1,2,3:4,?,6:a\n\n7:NaN:b\n"


def test_cases_dimensions_and_labels(tmp_path: Path) -> None:
    found = read_recordings(written(tmp_path, {"toy.ts": TOY}) / "toy.ts")
    assert [series.shape for series in found.series] == [(3, 2), (1, 2)]
    np.testing.assert_array_equal(found.series[0].numpy(), [[1, 4], [2, np.nan], [3, 6]])
    assert found.labels == ["a", "b"]
    assert found.channels == ("dimension 1", "dimension 2")
    assert [name.partition(", ")[2] for name in found.names] == ["line 8", "line 10"]
    assert found.remarks == ("2 missing values masked",)


def test_kin(tmp_path: Path) -> None:
    packed = gzip.compress(TOY.replace("\n", "\r\n").encode())
    assert read_recordings(written(tmp_path, {"toy.ts.gz": packed}) / "toy.ts.gz").labels == ["a", "b"]
    numbers = "@univariate true\n@targetLabel true\n@data\n1,2:0.5\n3,4:-2\n"
    assert read_recordings(written(tmp_path, {"n.ts": numbers}) / "n.ts").numbers() == [0.5, -2.0]
    plain = "@univariate true\n@classLabel false\n@data\n1,2\n"
    assert read_recordings(written(tmp_path, {"p.ts": plain}) / "p.ts").labels is None


def test_what_is_left_out_and_what_strict_says(tmp_path: Path) -> None:
    path = written(tmp_path, {"toy.ts": TOY + ":" + ":a\n"}) / "toy.ts"
    found = read_recordings(path)
    assert found.remarks == ("1 recordings without a step left out", "2 missing values masked")
    with pytest.raises(DataError) as error:
        read_recordings(path, strict=True)
    assert str(error.value).count("\n") == 3
    assert "line 8: no number in step 2 of channel dimension 2" in str(error.value)
    assert "line 11: expected at least one step, got none" in str(error.value)


FAULTS = {
    "no number": (
        TOY + "1,x:2,3:a\n1_0:2:b\n",
        "2 problems .*\n  line 11: dimension 1: .* got 'x'.\n  line 12: .* got '1_0'",
    ),
    "a dimension is missing": (HEAD + "1,2:a\n", "line 8: expected 2 dimensions, got 1"),
    "dimensions of different length": (HEAD + "1,2:1:a\n", "line 8: dimension 2 has 1 steps, dimension 1 has 2"),
    "an unknown class": (HEAD + "1:1:c\n", "line 8: the class 'c' is not among those of @classLabel"),
    "no label": (HEAD.replace("true a b", "true") + "1:1:\n", "line 8: the label is empty"),
    "cut off": (TOY + "1,2", "line 11: expected a label after the last colon.*\n  its end: the last line does not end"),
    "no data": (HEAD, "expected series after a line @data, found none"),
    "data before the header": ("1,2:a\n", "line 1: expected @data before the first series, got '1,2:a'"),
    "an unknown tag": ("@foo\n" + TOY, "line 1: expected one of @problemname"),
    "time stamps": (TOY.replace("@timeStamps false", "@timeStamps true"), "line 3: series with time stamps"),
    "a wrong number": (
        TOY.replace("@dimensions 2", "@dimensions two"),
        "line 5: expected the number of dimensions, got 'two'",
    ),
    "nothing": ("", "is empty"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_faults(tmp_path: Path, kind: str) -> None:
    text, message = FAULTS[kind]
    with pytest.raises(DataError, match=f"(?s){message}") as error:
        read_recordings(written(tmp_path, {"toy.ts": text}) / "toy.ts")
    assert "toy.ts" in str(error.value)


NUMBER = st.floats(-1e6, 1e6, width=32)
SERIES = st.integers(1, 3).flatmap(
    lambda width: st.lists(
        st.integers(1, 5).flatmap(lambda length: arrays(np.float32, (length, width), elements=NUMBER)),
        min_size=1,
        max_size=4,
    )
)


@given(SERIES)
def test_any_series_come_back(tmp_path_factory: pytest.TempPathFactory, series: list) -> None:
    lines = [":".join(",".join(str(value) for value in column) for column in one.T) + ":x" for one in series]
    text = "@classLabel true x\n@data\n" + "\n".join(lines)
    found = read_recordings(written(tmp_path_factory.getbasetemp(), {"any.ts": text}) / "any.ts")
    for one, read in zip(series, found.series, strict=True):
        np.testing.assert_array_equal(read.numpy(), one)


@given(st.lists(st.tuples(st.integers(0, len(TOY)), st.binary(max_size=3)), max_size=4))
def test_mutated_files_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, changes: list) -> None:
    data = bytearray(TOY.encode())
    for place, piece in changes:
        data[place : place + 2] = piece
    with suppress(DataError):
        found = read_recordings(written(tmp_path_factory.getbasetemp(), {"mutated.ts": bytes(data)}) / "mutated.ts")
        assert {series.shape[1] for series in found.series} == {len(found.channels)}


@pytest.mark.skipif(not SHARED.exists(), reason=f"the data of {SHARED} is not here")
@pytest.mark.parametrize(("part", "count"), [("TRAIN", 270), ("TEST", 370)])
def test_real_files(part: str, count: int) -> None:
    found = read_recordings(SHARED / "japanese_vowels" / f"JapaneseVowels_{part}.ts")
    assert (len(found), len(found.channels), len(set(found.labels or ()))) == (count, 12, 9)
    lengths = [len(series) for series in found.series]
    assert (min(lengths), max(lengths)) == (7, 29 if part == "TEST" else 26)


def test_a_folder_of_ts_files_asks_for_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds a_TEST.ts, a_TRAIN.ts: name one of them"):
        read_recordings(written(tmp_path, {"a_TRAIN.ts": TOY, "a_TEST.ts": TOY}))
