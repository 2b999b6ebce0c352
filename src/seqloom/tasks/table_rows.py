"""The rows of a table as the examples of a task: read as the settings say, and again as they were read in training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.data.splits import split_rows, text_groups
from seqloom.data.tables import Choice, Labelled, Sought, Table, choose_columns, divide, labelled
from seqloom.data.tables.dividing import parts_of
from seqloom.data.tables.labelled import inputs_of
from seqloom.data.tables.parts import Part
from seqloom.errors import warn
from seqloom.tasks.columns import asked_of, choice_of, table_of
from seqloom.tasks.example_values import Given

__all__ = ["held_out_rows", "read_rows", "rows_for_testing"]

COLUMNS = "columns"
"""Where ``about`` has the columns that were chosen."""


def read_rows(source: Any, settings: Mapping[str, Any], sought: Sought | None, about: Mapping[str, Any]) -> Given:
    """Texts and targets of the table in a file or a frame, as ``_read`` of a task gives them.

    At first, where ``about`` says nothing, columns are chosen as the settings (by the names of
    :class:`~seqloom.tasks.columns.ColumnSettings`) say. Later the same columns are read: without a target all rows,
    with one those that have it. Rows for testing are left out: :func:`rows_for_testing` has them. What was repaired is
    a warning. Raises UsageError and DataError as the doors of tables do.
    """
    table = _table(source, settings)
    before = about.get(COLUMNS)
    choice = choose_columns(table, asked_of(settings), sought) if before is None else choice_of(before)
    if choice.target not in table.columns:
        for name in choice.inputs:
            table.column(name)
        return Given(inputs_of(table, choice), None, about)
    found, tests = _divided(table, choice, settings)
    if tests.any():
        found = found.some(np.flatnonzero(~tests))
        if before is not None:
            warn(f"{table.name}: left out {tests.sum():,} rows for testing, by the column {choice.part!r}.")
    if before is None:
        about = {**about, COLUMNS: dataclasses.asdict(choice), "tests": int(tests.sum())}
    return Given(found, found.y, about)


def rows_for_testing(source: Any, settings: Mapping[str, Any], about: Mapping[str, Any]) -> Labelled | None:
    """The rows that the column of parts of a table names for testing, None where there is no such row or column."""
    before = about.get(COLUMNS)
    if before is None or before["part"] is None:
        return None
    table = _table(source, settings)
    choice = choice_of(before)
    if choice.part not in table.columns or choice.target not in table.columns:
        return None
    found, tests = _divided(table, choice, settings)
    return found.some(np.flatnonzero(tests)) if tests.any() else None


def _table(source: Any, settings: Mapping[str, Any]) -> Table:
    table = table_of(source, settings)
    for remark in table.remarks:
        warn(remark)
    return table


def _divided(table: Table, choice: Choice, settings: Mapping[str, Any]) -> tuple[Labelled, NDArray[np.bool_]]:
    """The labelled rows, and which of them are for testing."""
    if choice.part not in table.columns:
        choice = dataclasses.replace(choice, part=None)
    found = labelled(table, choice, bool(settings.get("strict")))
    for remark in found.remarks:
        warn(remark)
    parts = parts_of(found)
    return found, np.zeros(len(found), bool) if parts is None else parts == Part.TEST


def held_out_rows(X: Sequence[Any], y: Sequence[Any], share: float, seed: int) -> list[int]:
    """Which examples are held out: as :func:`seqloom.data.tables.divide` does it, where they are rows of a table."""
    if isinstance(X, Labelled):
        held_out = divide(X, share, seed).validation
    else:
        groups = text_groups(X) if all(isinstance(one, str) for one in X) else None
        labels = y if all(isinstance(one, str) for one in y) else None
        held_out = split_rows(len(X), share, seed, labels=labels, groups=groups).held_out
    places: list[int] = held_out.tolist()
    return places
