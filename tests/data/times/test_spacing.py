import numpy as np
import pytest

from seqloom.data.times.spacing import Even, Months, Rows, Spacing, Workdays, find_spacing, spacing_from_json


def moments(*said: str) -> np.ndarray:
    return np.array(said, "datetime64[us]")


def every(begin: str, end: str, step: str) -> np.ndarray:
    count, unit = step.split()
    return np.arange(begin, end, np.timedelta64(int(count), unit), "datetime64[m]").astype("datetime64[us]")


WORKDAYS = np.array([day for day in every("2024-01-01", "2024-03-01", "1440 m") if np.is_busday(day.astype("M8[D]"))])
CASES = {
    "hours": (every("2024-01-01", "2024-01-09", "60 m"), "a step every hour"),
    "quarters of an hour with a gap": (
        np.delete(every("2024-01-01", "2024-01-03", "15 m"), slice(40, 60)),
        "a step every 15 minutes",
    ),
    "days over a change of clocks": (every("2024-03-25", "2024-04-25", "1440 m"), "a step every day"),
    "weeks": (every("2024-01-01", "2024-12-01", "10080 m"), "a step every 7 days"),
    "month begins": (np.arange("2020-01", "2024-01", dtype="M8[M]").astype("M8[us]"), "a step every month"),
    "month ends": (
        (np.arange("2020-02", "2024-02", dtype="M8[M]").astype("M8[D]") - 1).astype("M8[us]"),
        "a step every month",
    ),
    "quarters": (np.arange("2020-01", "2024-01", 3, dtype="M8[M]").astype("M8[us]"), "a step every quarter"),
    "years": (np.arange("1990-01", "2024-01", 12, dtype="M8[M]").astype("M8[us]"), "a step every year"),
    "working days": (WORKDAYS, "a step every working day, weekends and holidays left out"),
    "working days but for a holiday": (
        np.delete(WORKDAYS, [7, 8]),
        "a step every working day, weekends and holidays left out",
    ),
    "an exchange's hours": (
        np.concatenate([every(f"2024-01-0{day}T09:00", f"2024-01-0{day}T17:00", "60 m") for day in range(1, 8)]),
        "a step for each row: the times between them differ",
    ),
    "no order": (
        moments("2024-01-01", "2024-01-01T00:07", "2024-01-03", "2024-01-05T11:11"),
        "a step for each row: the times between them differ",
    ),
    "numbers": (np.arange(0, 5, 0.5), "a step every 0.5"),
    "whole numbers with a gap": (np.array([1.0, 2.0, 3.0, 5.0]), "a step every 1"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_spacing_is_found_saved_and_gone_on_with(name: str) -> None:
    stamps, said = CASES[name]
    found = find_spacing(stamps)
    assert str(found) == said
    assert spacing_from_json(found.to_json()) == found
    places = found.places(stamps)
    assert places is not None
    assert (np.diff(places) >= 1).all()
    assert (np.diff(np.concatenate([stamps[-1:], found.after(stamps, 40)])).astype(float) > 0).all()


@pytest.mark.parametrize("name", [name for name in CASES if "gap" not in name and "holiday" not in name])
def test_what_follows_is_what_came(name: str) -> None:
    stamps, said = CASES[name]
    if "differ" in said:
        return
    half = len(stamps) // 2
    found = find_spacing(stamps)
    assert (found.after(stamps[:half], len(stamps) - half) == stamps[half:]).all()


def test_the_31st_becomes_the_last_day_of_short_months() -> None:
    found: Spacing = find_spacing(moments("2023-12-31", "2024-01-31"))
    assert found.after(moments("2023-12-31", "2024-01-31"), 2).astype("M8[D]").astype(str).tolist() == [
        "2024-02-29",
        "2024-03-31",
    ]


def test_a_moment_between_two_steps_has_no_place() -> None:
    hours = every("2024-01-01", "2024-01-02", "60 m")
    assert find_spacing(hours).places(np.append(hours, hours[-1] + np.timedelta64(90, "m"))) is None


@pytest.mark.parametrize(
    ("spacing", "stamps", "numbers"),
    [
        (Even(3600.0), ["1970-01-02T01", "1970-01-02T02", "1970-01-02T04"], [25, 26, 28]),
        (Even(86_400.0), ["1969-12-31", "1970-01-01"], [-1, 0]),
        (Months(1), ["1970-02-28", "1971-01-31"], [1, 12]),
        (Months(3), ["1970-04-01", "1971-01-01"], [1, 4]),
        (Workdays(), ["1970-01-05", "1970-01-09", "1970-01-12"], [0, 4, 5]),
    ],
)
def test_steps_are_counted_from_one_moment(spacing: Spacing, stamps: list[str], numbers: list[int]) -> None:
    assert spacing.numbers(np.array(stamps, "datetime64[us]")).tolist() == numbers


def test_steps_of_numbers_and_rows_are_counted() -> None:
    assert Even(0.5, clock=False).numbers(np.array([1.0, 1.5, 3.0])).tolist() == [2, 3, 6]
    assert Rows().numbers(np.array([5.0, 5.1, 9.0])).tolist() == [0, 1, 2]
