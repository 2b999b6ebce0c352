"""Made pairs: every way of writing a date tells it, and sums are right."""

from __future__ import annotations

from datetime import date, timedelta

from seqloom.data.made.pairs import WAYS, made_dates, made_sums


def test_there_are_many_ways_and_each_tells_its_date() -> None:
    assert len(WAYS) >= 30
    days = [date(1903, 2, 1) + timedelta(days=k) for k in range(0, 40_000, 17)]
    for way in WAYS:
        assert len({way(day) for day in days}) == len(days)
    told: dict[str, date] = {}
    for day in days:
        for way in WAYS:
            assert told.setdefault(way(day), day) == day, "one text is two dates"


def test_dates_and_sums_are_functions_of_rows_and_seed() -> None:
    dates = made_dates(400, seed=3)
    assert dates == made_dates(400, seed=3) != made_dates(400, seed=4)
    assert len({target for _, target in dates}) == 400
    sums = made_sums(400, seed=3)
    assert all(sum(map(int, source.split("+"))) == int(target) for source, target in sums)
    assert len(dict(sums)) == 400
