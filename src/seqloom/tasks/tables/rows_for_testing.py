"""Rows of a table that it names for testing itself: nobody learns from them or chooses by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqloom.data.tables import Labelled, labelled
from seqloom.data.tables.dividing import parts_of
from seqloom.data.tables.parts import Part
from seqloom.tasks.tables.columns import choice_of, table_of

__all__ = ["rows_for_testing"]


def rows_for_testing(source: Any, settings: Mapping[str, Any], columns: Mapping[str, Any] | None) -> Labelled | None:
    """The rows for testing of the table in a file or a frame; None where no column says of any row that it is one.

    ``columns`` are those of training, as they stand among the facts; None of a model that learned from no table.
    """
    if columns is None or columns["part"] is None:
        return None
    table, choice = table_of(source, settings), choice_of(columns)
    if not {choice.part, choice.target} <= table.columns.keys():
        return None
    found = labelled(table, choice)
    tests = np.flatnonzero(parts_of(found) == Part.TEST)
    return found.some(tests) if len(tests) else None
