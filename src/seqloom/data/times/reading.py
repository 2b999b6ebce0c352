"""A table with a time column as series: rows sorted, gaps made visible, dirt counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.problems import Problems
from seqloom.data.tables import Kind, Table
from seqloom.data.tables.dates import names_zone
from seqloom.data.tables.grouping import rows_by_value
from seqloom.data.times.spacing import Rows, Spacing, Stamps, find_spacing
from seqloom.data.times.timed import NO_COVARIATES, Covariates, TimedSeries, TimedTable
from seqloom.data.times.zone import in_utc
from seqloom.errors import DataError

__all__ = ["FILE", "TimeColumns", "read_timed", "read_timed_files"]

FILE: Final = "file"
"""What tells series apart that have a file each."""

_MOST_STEPS: Final = 1 << 26


class TimeColumns(NamedTuple):
    """What is read of a table: the column that says when, those to forecast, that of the name of a series if there is
    one, the time zone of times without one, and columns beside."""

    time: str
    columns: Sequence[str]
    group: str | None = None
    time_zone: str | None = None
    covariates: Covariates = NO_COVARIATES


class _Rows(NamedTuple):
    """The rows of one series in the order of time, ``called`` so in messages; ``repaired`` counts what was dirty."""

    name: str
    called: str
    stamps: Stamps
    values: NDArray[np.float64]
    lines: NDArray[np.int64]
    static: tuple[str, ...]
    repaired: Counter[str]


def read_timed(table: Table, asked: TimeColumns, strict: bool = False) -> TimedTable:
    """The series of a table, one for each value of the column ``group``; without one, all rows are one, without a name.

    Where columns are known ahead, the last rows may have these alone: they come after the present. Rows are
    sorted by time, rows without one and equal rows left out, and missing steps become rows of NaN; all of that is
    counted in a remark, or refused if ``strict``. Times of a ``time_zone`` are read as local ones.

    Raises DataError, by line and column, for what is no number or time, and two rows of a series at one time with
    different values, or a static column that has two.
    """
    return _timed(table.name, _rows_of(table, asked), asked, strict)


def read_timed_files(
    folder: str, files: Iterable[tuple[str, Table]], asked: TimeColumns, strict: bool = False
) -> TimedTable:
    """The same of several tables with these columns, each a series by the name that comes with it, and several of one
    with a ``group`` by both names; one table is open at a time."""
    rows = [one._replace(name=f"{name} {one.name}".rstrip()) for name, table in files for one in _rows_of(table, asked)]
    return replace(_timed(folder, rows, asked, strict), group=FILE)


def _rows_of(table: Table, asked: TimeColumns) -> list[_Rows]:
    covariates = asked.covariates
    values = np.stack([table.numbers(name) for name in (*asked.columns, *covariates.known, *covariates.also)], 1)
    stamps = _stamps(table, asked.time, asked.time_zone)
    problems, found = Problems(table.name), []
    groups = {"": np.arange(len(table))} if asked.group is None else rows_by_value(table, asked.group)
    for name, rows in groups.items():
        rows, repaired = _sorted(stamps, rows)
        rows, doubled = _once(table, asked.time, stamps, values, rows, problems)
        repaired["equal rows left out"] += doubled
        if len(rows):
            lines = np.array([table.line(row) for row in rows.tolist()] if covariates.known else [0] * len(rows))
            static = tuple(_one_cell(table, column, rows, problems) for column in covariates.static)
            called = f"{table.name} {name}".rstrip()
            found.append(_Rows(name, called, stamps[rows], values[rows], lines, static, repaired))
    problems.refuse()
    return found


def _timed(source: str, found: Sequence[_Rows], asked: TimeColumns, strict: bool) -> TimedTable:
    """Rows as series of one spacing."""
    if not found:
        raise DataError(f"{source}: expected rows with a time in the column {asked.time!r}, found none.")
    spacing, series, repaired = _common([one.stamps for one in found]), [], Counter[str]()
    for one in found:
        steps = _on_steps(one.called, one.stamps, spacing)
        filled = np.full((len(steps.moments), one.values.shape[1]), np.nan)
        filled[steps.places] = one.values
        lines = np.zeros(len(filled), np.int64)
        lines[steps.places] = one.lines
        numbers = spacing.numbers(steps.moments)
        whole = TimedSeries(one.name, filled, steps.moments, static=one.static, numbers=numbers, lines=lines)
        whole = _divided(whole, len(asked.columns), asked.covariates)
        repaired += one.repaired
        repaired["missing steps"] += len(filled) - len(one.stamps)
        repaired["missing numbers"] += int(np.isnan(filled[steps.places[steps.places < len(whole)]]).sum())
        series.append(whole)
    said = ", ".join(f"{count:,} {what}" for what, count in repaired.items() if count)
    if said and strict:
        raise DataError(f"{source}: {said}. Mend the file, or leave strict out.")
    remarks = (f"{source}: {said}.",) * bool(said)
    return TimedTable(source, series, tuple(asked.columns), spacing, asked.time, asked.group, remarks, asked.covariates)


def _stamps(table: Table, time: str, zone: str | None) -> Stamps:
    if table.column(time).kind is not Kind.DATE:
        return table.numbers(time)
    found = table.dates(time)
    _refuse_mixed_zones(table, time)
    return found if zone is None else in_utc(found, zone)


def _refuse_mixed_zones(table: Table, time: str) -> None:
    """Raise DataError where some times name their zone and others do not."""
    first: dict[bool, int] = {}
    for row, cell in enumerate(table.cells(time)):
        if cell.strip():
            first.setdefault(names_zone(cell), row)
            if len(first) > 1:
                zoned, plain = first[True], first[False]
                raise DataError(
                    f"{table.name}, line {table.line(zoned)}, column {time!r}: {table.cells(time)[zoned]!r} names its "
                    f"time zone, and {table.cells(time)[plain]!r} in line {table.line(plain)} does not. Write it "
                    "everywhere, or nowhere and say it: --time-zone ZONE."
                )


def _sorted(stamps: Stamps, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Counter[str]]:
    missing = np.isnat(stamps[rows]) if stamps.dtype.kind == "M" else np.isnan(stamps[rows])
    kept = rows[~missing]
    order = np.argsort(stamps[kept], kind="stable")
    unsorted = np.count_nonzero(order != np.arange(len(order)))
    return kept[order], Counter({"rows without a time left out": int(missing.sum()), "rows sorted": int(unsorted)})


def _once(
    table: Table,
    time: str,
    stamps: Stamps,
    values: NDArray[np.float64],
    rows: NDArray[np.int64],
    problems: Problems,
) -> tuple[NDArray[np.int64], int]:
    """The rows without those that say the same again."""
    again = np.flatnonzero(stamps[rows][1:] == stamps[rows][:-1]) + 1
    for place in again.tolist():
        one, other = rows[place - 1], rows[place]
        if not np.array_equal(values[one], values[other], equal_nan=True):
            problems.add(
                f"lines {table.line(int(one))} and {table.line(int(other))}, column {time}",
                f"expected one row at each time, got two at {stamps[one]} with different numbers. Name the column of "
                "the series with --group, or --time-zone where the clocks were put back.",
            )
    return np.delete(rows, again), len(again)


def _common(series: Sequence[Stamps]) -> Spacing:
    """The spacing that most series have and all keep to; else rows are the steps."""
    found = Counter(find_spacing(stamps) for stamps in series if len(stamps) > 1)
    return next((one for one, _ in found.most_common() if all(one.places(each) is not None for each in series)), Rows())


class _Steps(NamedTuple):
    """The ``moments`` (T,) of all steps, and which of them (R,) have rows."""

    moments: Stamps
    places: NDArray[np.int64]


def _on_steps(name: str, stamps: Stamps, spacing: Spacing) -> _Steps:
    """Steps with those that have no row."""
    places = spacing.places(stamps)
    assert places is not None
    steps = int(places[-1]) + 1
    if steps == len(places):
        return _Steps(stamps, places)
    if steps > _MOST_STEPS:
        raise DataError(
            f"{name}: expected at most {_MOST_STEPS:,} steps, got {steps:,} from its first to its last time."
        )
    moments = np.concatenate([stamps[:1], spacing.after(stamps[:1], steps - 1)]).astype(stamps.dtype)
    moments[places] = stamps
    return _Steps(moments, places)


def _divided(whole: TimedSeries, columns: int, covariates: Covariates) -> TimedSeries:
    """Columns in the order of values, known ahead and others as a series; it ends with its last value, if columns are
    known ahead."""
    values, known, also = np.split(whole.values, np.cumsum([columns, len(covariates.known)]), axis=1)
    there = np.flatnonzero((~np.isnan(values)).any(1))
    end = int(there[-1]) + 1 if covariates.known and len(there) else len(values)
    return replace(whole, values=values, known=known, also=also).until(end)


def _one_cell(table: Table, column: str, rows: NDArray[np.int64], problems: Problems) -> str:
    """What a column says in all of these rows; cells may be empty."""
    cells = table.cells(column)
    said = {cell: int(row) for row in rows[::-1] if (cell := cells[int(row)].strip())}
    if len(said) > 1:
        (one, first), (other, second) = sorted(said.items(), key=lambda item: item[1])[:2]
        problems.add(
            f"lines {table.line(first)} and {table.line(second)}, column {column}",
            f"expected one value for all of a series, got {one!r} and {other!r}.",
        )
    return next(iter(said), "")
