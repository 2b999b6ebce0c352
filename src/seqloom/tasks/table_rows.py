"""The rows of a table as the examples of a task: read as the settings say, and again as they were read in training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqloom.data.splits import split_rows, text_groups
from seqloom.data.tables import Labelled, Sought, choose_columns, divide, labelled
from seqloom.data.tables.dividing import parts_of
from seqloom.data.tables.labelled import inputs_of
from seqloom.data.tables.parts import Part
from seqloom.errors import warn
from seqloom.tasks.columns import asked_of, choice_of, table_of
from seqloom.tasks.example_values import Given

__all__ = ["held_out_rows", "read_rows"]

COLUMNS = "columns"
"""Where ``about`` has the columns that were chosen."""


def read_rows(source: Any, settings: Mapping[str, Any], sought: Sought | None, about: Mapping[str, Any]) -> Given:
    """Texts and targets of the table in a file or a frame, as ``_read`` of a task gives them.

    At first, where ``about`` says nothing, columns are chosen as the settings (by the names of
    :class:`~seqloom.tasks.columns.ColumnSettings`) say, and rows for testing are left out. Later the same columns are
    read: without a target all rows, with one those that have it, of a divided table those for testing. What was
    repaired is a warning. Raises UsageError and DataError as the doors of tables do.
    """
    table = table_of(source, settings)
    for remark in table.remarks:
        warn(remark)
    before = about.get(COLUMNS)
    choice = choose_columns(table, asked_of(settings), sought) if before is None else choice_of(before)
    if choice.target not in table.columns:
        for name in choice.inputs:
            table.column(name)
        return Given(inputs_of(table, choice), None, about)
    if choice.part not in table.columns:
        choice = dataclasses.replace(choice, part=None)
    found = labelled(table, choice, bool(settings.get("strict")))
    for remark in found.remarks:
        warn(remark)
    parts = parts_of(found)
    if parts is not None:
        tests = parts == Part.TEST
        found = found.some(np.flatnonzero(~tests if before is None or not tests.any() else tests))
    return Given(found, found.y, {**about, COLUMNS: dataclasses.asdict(choice)} if before is None else about)


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
