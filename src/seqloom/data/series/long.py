"""A table with a step a row as recordings: numbers become channels, words categories, the steps come in their time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.problems import Problems
from seqloom.data.series.grid import Grid, numbers
from seqloom.data.series.recordings import Sample
from seqloom.errors import DataError, did_you_mean

__all__ = ["Columns", "find_columns", "read_steps"]

_IDS: Final = ("id", "sample", "sample_id", "recording", "series", "series_id", "case", "case_id", "case:concept:name")
_TIMES: Final = ("time", "timestamp", "t", "step", "date", "datetime", "time:timestamp")
_LABELS: Final = ("label", "class", "target", "state", "outcome")
_MOST: Final = 0.5
"""A column of which more is no number holds words."""


@final
@dataclass(frozen=True)
class Columns:
    """Which columns of a table say whose step a row is, when it is, and what its label is; None for none.

    ``channels`` are the columns to learn from, all others where it is empty; ``categories`` those of them whose numbers
    are names.
    """

    id: str | None = None
    time: str | None = None
    label: str | None = None
    channels: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


def find_columns(names: Sequence[str], given: Columns) -> Columns:
    """The columns as given, what is not said found by usual names; DataError for one that is not there.

    >>> find_columns(["Id", "time", "x", "label"], Columns())
    Columns(id='Id', time='time', label='label', channels=('x',), categories=())
    """
    by_lower = {name.lower(): name for name in reversed(names)}

    def usual(known: Iterable[str]) -> str | None:
        return next((by_lower[name] for name in known if name in by_lower), None)

    found = replace(
        given, id=given.id or usual(_IDS), time=given.time or usual(_TIMES), label=given.label or usual(_LABELS)
    )
    taken = (found.id, found.time, found.label)
    for name in (*taken, *found.channels, *found.categories):
        if name is not None and name not in names:
            raise DataError(f"There is no column {name!r}; there are {', '.join(names)}.{did_you_mean(name, names)}")
    left = tuple(name for name in names if name not in taken)
    return replace(found, channels=found.channels or left)


def read_steps(grid: Grid, columns: Columns, name: str | None = None) -> Iterator[Sample]:
    """The recordings of a table: the rows of each id in the order of their time; all rows are one where there is none.

    A label that changes within an id is one for each step. ``name`` is that of a table without ids. Raises DataError
    for channels in which a few cells are no numbers, and for times that are neither numbers nor dates.
    """
    cells, problems = dict(zip(grid.names, grid.columns, strict=True)), Problems(grid.source)
    values, words = _parted(cells, columns, grid, problems)
    times = None if columns.time is None else _times(cells[columns.time], columns.time, grid, problems)
    problems.refuse()
    channels = tuple(channel for channel in columns.channels if channel not in words)
    table = np.stack([values[channel] for channel in channels], 1) if channels else np.zeros((len(grid.lines), 0))
    labels = None if columns.label is None else cells[columns.label]
    each_step = columns.id is None or _changes(cells[columns.id], labels)
    for called, rows in _groups(None if columns.id is None else cells[columns.id], len(grid.lines)).items():
        if times is not None:
            rows = rows[np.argsort(times[rows], kind="stable")]
        mine = None if labels is None else [labels[row] for row in rows]
        yield Sample(
            called or name or grid.source,
            table[rows],
            channels,
            None if mine is None or each_step else mine[0],
            mine if each_step else None,
            {word: [cells[word][row] for row in rows] for word in words},
        )


def _parted(
    cells: dict[str, list[str]], columns: Columns, grid: Grid, problems: Problems
) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
    """The channels that are numbers, and the names of those that are words."""
    values, words = {}, [name for name in columns.channels if name in columns.categories]
    for name in columns.channels:
        if name in words:
            continue
        values[name], wrong = numbers(cells[name])
        if len(wrong) > _MOST * len(grid.lines):
            words.append(name)
            continue
        for place in wrong:
            problems.add(
                f"line {grid.lines[place]}, column {name}",
                f"expected a number, as in {len(grid.lines) - len(wrong):,} rows, got {cells[name][place][:40]!r}.",
            )
    return values, words


def _times(cells: Sequence[str], name: str, grid: Grid, problems: Problems) -> NDArray[np.float64]:
    found, wrong = numbers(cells)
    for place in wrong:
        try:
            moment = datetime.fromisoformat(cells[place])
            found[place] = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            problems.add(
                f"line {grid.lines[place]}, column {name}",
                f"expected a number or a date such as 2026-01-31 12:00, got {cells[place][:40]!r}.",
            )
    if 0 < len(wrong) < len(cells):
        problems.add(f"column {name}", f"expected one kind of time, got {len(wrong):,} dates among numbers.")
    return found


def _changes(ids: Sequence[str], labels: Sequence[str] | None) -> bool:
    """Whether rows of one id have different labels."""
    first: dict[str, str] = {}
    return labels is not None and any(
        first.setdefault(one, label) != label for one, label in zip(ids, labels, strict=True)
    )


def _groups(ids: Sequence[str] | None, count: int) -> dict[str, NDArray[np.int64]]:
    """The rows of each id, in the order in which the ids come."""
    if ids is None:
        return {"": np.arange(count)}
    places: dict[str, list[int]] = {}
    for row, one in enumerate(ids):
        places.setdefault(one, []).append(row)
    return {one: np.array(rows, np.int64) for one, rows in places.items()}
