from pathlib import Path

import numpy as np
import pytest

from seqloom.data.tables import read_table
from seqloom.data.times import TimeColumns, read_timed
from seqloom.data.times.timed import TimedTable
from seqloom.errors import DataError, UsageError


def read(tmp_path: Path, text: str, strict: bool = False, **more: object) -> TimedTable:
    path = tmp_path / "a.csv"
    path.write_text(text)
    return read_timed(read_table(path), TimeColumns("date", ["x"], **more), strict)  # type: ignore[arg-type]


def test_rows_are_sorted_gaps_shown_and_equal_rows_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, "date,x\n2024-01-06,6\n2024-01-05,5\n2024-01-03,\n2024-01-05,5\n2024-01-02,2\n,9\n")
    (series,) = found.series
    np.testing.assert_array_equal(series.values[:, 0], [2, np.nan, np.nan, 5, 6])
    assert series.stamps.astype("M8[D]").astype(str).tolist() == [f"2024-01-0{day}" for day in range(2, 7)]
    assert found.remarks == (
        f"{tmp_path / 'a.csv'}: 1 rows without a time left out, 4 rows sorted, 1 equal rows left out, 1 missing steps, "
        "1 missing numbers.",
    )
    with pytest.raises(DataError, match=r"4 rows sorted.*Mend the file"):
        read(tmp_path, "date,x\n2024-01-06,6\n2024-01-05,5\n2024-01-03,\n2024-01-05,5\n2024-01-02,2\n,9\n", strict=True)


def test_what_is_whole_has_no_remark(tmp_path: Path) -> None:
    found = read(tmp_path, "date,x\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n", strict=True)
    assert found.remarks == ()
    assert str(found.spacing) == "a step every day"


def test_series_by_a_column(tmp_path: Path) -> None:
    text = "date,shop,x\n" + "".join(f"2024-01-0{day},{shop},{day}\n" for day in range(1, 6) for shop in "ab")
    found = read(tmp_path, text, group="shop")
    assert [one.name for one in found.series] == ["a", "b"]
    assert [one.values[:, 0].tolist() for one in found.series] == [[1, 2, 3, 4, 5]] * 2


def test_series_of_one_clock_and_a_short_one_between_its_steps_go_by_rows(tmp_path: Path) -> None:
    text = "date,shop,x\n2024-01-01,a,1\n2024-01-02,a,1\n2024-01-03,a,1\n2024-01-01T05:00,b,1\n2024-01-02T09:30,b,1\n"
    assert str(read(tmp_path, text, group="shop").spacing).startswith("a step for each row")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,x\n2024-01-01,1\n2024-01-02,2\n2024-01-02,3\n", r"lines 3 and 4, column date: .*different numbers"),
        ("date,x\n2024-01-01,1\n2024-01-02,inf\n", "line 3 has 'inf'"),
        ("date,x\n2024-01-01,1\n2024-01-02,two\n" + "2024-01-03,4\n" * 30, "line 3 has 'two'"),
    ],
)
def test_what_cannot_be_read_is_named_by_line_and_column(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(tmp_path, text)


AUTUMN = [("2024-10-27 00:00", 0), ("2024-10-27 01:00", 1), ("2024-10-27 02:00", 2), ("2024-10-27 02:00", 3)]
AUTUMN += [("2024-10-27 03:00", 4), ("2024-10-27 04:00", 5)]


@pytest.mark.parametrize("rows", [AUTUMN, AUTUMN[::-1]], ids=["oldest first", "newest first"])
def test_clocks_that_were_put_back_are_resolved_by_the_zone(tmp_path: Path, rows: list[tuple[str, int]]) -> None:
    text = "date,x\n" + "".join(f"{stamp},{value}\n" for stamp, value in rows)
    with pytest.raises(DataError, match="--time-zone"):
        read(tmp_path, text)
    found = read(tmp_path, text, time_zone="Europe/Berlin")
    assert found.series[0].values[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert str(found.spacing) == "a step every hour"


def test_clocks_that_were_put_on_leave_no_gap(tmp_path: Path) -> None:
    text = "date,x\n2024-03-31 00:00,0\n2024-03-31 01:00,1\n2024-03-31 03:00,2\n2024-03-31 04:00,3\n"
    assert read(tmp_path, text, time_zone="Europe/Berlin").series[0].values[:, 0].tolist() == [0, 1, 2, 3]


def test_a_zone_that_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean 'Europe/Berlin'"):
        read(tmp_path, "date,x\n2024-01-01,1\n2024-01-02,2\n", time_zone="Europe/Berln")


@pytest.mark.parametrize("zoned", ["2024-01-03T00:00:00+02:00", "2024-01-03 00:00Z", "2024-01-03T05-0500"])
def test_times_with_and_without_a_zone_are_not_mixed(tmp_path: Path, zoned: str) -> None:
    with pytest.raises(DataError, match=r"line 4, column 'date': .* names its time zone, and '2024-01-01' in line 2"):
        read(tmp_path, f"date,x\n2024-01-01,1\n2024-01-02,2\n{zoned},3\n")
    assert len(read(tmp_path, f"date,x\n2024-01-01T00:00Z,1\n2024-01-02T00:00Z,2\n{zoned},3\n").series) == 1
    assert len(read(tmp_path, "date,x\n01-01-2024,1\n15-01-2024,2\n29-01-2024,3\n").series) == 1
