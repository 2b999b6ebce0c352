"""Which columns of a table a forecaster reads, and the series in them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.series.columns import Columns, find_columns
from seqloom.data.tables import Kind, Table
from seqloom.data.tables.names import meant
from seqloom.data.times import FILE, Covariates, TimeColumns, TimedSeries, TimedTable, read_timed, read_timed_files
from seqloom.errors import DataError, UsageError, listed
from seqloom.tasks.tables.claims import is_table
from seqloom.tasks.tables.columns import table_of

__all__ = ["Chosen", "choose", "series_name", "series_of", "table_of_times", "tables_in"]

_PRICES = ("open", "high", "low", "close")


class Chosen(NamedTuple):
    """The columns of the time, of the name of a series if there is one, those to forecast, and those that are read
    beside them."""

    time: str
    group: str | None
    targets: tuple[str, ...]
    known: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    static: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """All of them."""
        group = [] if self.group is None else [self.group]
        return [self.time, *group, *self.targets, *self.known, *self.also, *self.static]


def choose(table: Table, given: Mapping[str, Any]) -> Chosen | None:
    """The columns as settings name them, others by usual names and by what they hold; None without a time or numbers.

    Of prices (open, high, low, close) the close is forecast, else all numbers.
    """
    named = _names(given, "target")
    beside = {role: _names(given, role) for role in ("known", "also", "static")}
    for name in (*named, *chain(*beside.values()), *filter(None, (given.get("time"), given.get("group")))):
        table.column(name)
    found = find_columns(table, Columns(given.get("group"), given.get("time"), None, named))
    dates = [name for name, column in table.columns.items() if column.kind is Kind.DATE]
    time = given.get("time") or next(iter(dates), found.time)
    if time is None:
        return None
    free = [name for name in table.columns if name not in (time, *chain(*beside.values()))]
    group = found.id or _naming(table, time, free)
    left = [name for name in free if name != group]
    numbers = [name for name in left if table.column(name).kind is Kind.NUMBER]
    by_meaning = {meant(name): name for name in numbers}
    if set(_PRICES) <= by_meaning.keys():
        numbers = [by_meaning["close"]]
    targets = named or tuple(numbers)
    twice = [name for name, count in Counter([time, *targets, *chain(*beside.values())]).items() if count > 1]
    if twice:
        raise UsageError(f"{table.name}: expected one use of each column, got more of {listed(twice)}.")
    return Chosen(time, group, targets, **beside) if targets else None


def _names(given: Mapping[str, Any], role: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in given[role].split(",")) if given.get(role) else ()


def _naming(table: Table, time: str, free: Sequence[str]) -> str | None:
    """The only column of words that tells apart rows of one time, if some are."""
    moments = table.cells(time)
    if len({*moments}) == len(moments):
        return None
    words = [name for name in free if table.column(name).kind is Kind.CATEGORY]
    found = [name for name in words if len({*zip(moments, table.cells(name), strict=True)}) == len(moments)]
    return found[0] if len(found) == 1 else None


def table_of_times(source: Any, given: Mapping[str, Any], known: Chosen | None = None) -> TimedTable:
    """The series in a file or a frame, or in the files of a folder, by the columns of training where there are some.

    UsageError where no column tells the time, or none has numbers; DataError for what cannot be read.
    """
    files = tables_in(Path(source)) if isinstance(source, str | os.PathLike) and os.path.isdir(source) else []
    if known is not None and known.group == FILE:
        files = files or [Path(source)]
        known = known._replace(group=None)
    table = table_of(files[0] if files else source, given)
    chosen = known or choose(table, given)
    if chosen is None:
        raise UsageError(
            f"{table.name}: expected a column that says when, and columns of numbers to forecast; it has "
            f"{listed([*table.columns])}. Name them: --time NAME --target NAME."
        )
    covariates = Covariates(chosen.known, chosen.also, chosen.static)
    asked = TimeColumns(chosen.time, chosen.targets, chosen.group, given.get("time_zone"), covariates)
    strict = bool(given.get("strict"))
    if not files:
        return read_timed(table, asked, strict)
    tables = ((series_name(file), table_of(file, given)) for file in files)
    return read_timed_files(str(source), tables, asked, strict)


def tables_in(folder: Path) -> list[Path]:
    """The tables of a folder in the order of their names. DataError where there are none."""
    found = [one for one in sorted(folder.iterdir()) if is_table(one) and not one.name.startswith(".")]
    found = [one for one in found if one.stem.lower() != "labels"]
    if not found:
        raise DataError(f"{folder}: expected tables, one for each series, found none.")
    named: dict[str, Path] = {}
    for one in found:
        other = named.setdefault(series_name(one), one)
        if other is not one:
            raise DataError(
                f"{folder}: {other.name} and {one.name} are one series by their names. Take one of them out."
            )
    return found


def series_name(file: Path) -> str:
    """The name of a series that has a file of its own.

    >>> series_name(Path("prices/BRK.A.csv")), series_name(Path("SPY.csv.gz"))
    ('BRK.A', 'SPY')
    """
    return Path(file.name.removesuffix(".gz")).stem


def series_of(X: Any) -> list[TimedSeries]:
    """Arrays (T,) or (T, D) as series without names, a step each; DataError for what is none."""
    rows: Sequence[Any] = [X] if isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind in "fiu" else X
    found = [_values(place, row) for place, row in enumerate(rows)]
    if not found:
        raise DataError("X: expected at least one series, got none.")
    for place, values in enumerate(found):
        if values.shape[1] != found[0].shape[1]:
            raise DataError(f"X: row {place:,} has {values.shape[1]} columns, row 0 has {found[0].shape[1]}.")
    return [TimedSeries("", values, np.arange(len(values), dtype=np.float64)) for values in found]


def is_file_or_frame(X: Any) -> bool:
    """Whether it has columns with names."""
    return isinstance(X, str | os.PathLike) or hasattr(X, "columns")  # a TimedTable, too


def _values(place: int, row: Any) -> NDArray[np.float64]:
    try:
        values = np.array(row.detach().cpu() if hasattr(row, "detach") else row, np.float64)
    except (TypeError, ValueError):
        raise DataError(f"X: row {place:,}: expected a series (T,) or (T, D), got {type(row).__name__}.") from None
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or not values.size:
        raise DataError(f"X: row {place:,}: expected a series (T,) or (T, D), got the shape {tuple(values.shape)}.")
    if np.isinf(values).any():
        step = int(np.isinf(values).any(1).argmax())
        raise DataError(f"X: row {place:,}: expected finite numbers, got inf at step {step}.")
    return values
