"""Rows of a table that it names for testing itself: nobody learns from them or chooses by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqloom.data.tables import Choice, Labelled, labelled
from seqloom.data.tables.dividing import parts_of
from seqloom.data.tables.parts import Part
from seqloom.tasks.tables.columns import table_of

__all__ = ["rows_for_testing"]


def rows_for_testing(source: Any, settings: Mapping[str, Any], choice: Choice | None) -> Labelled | None:
    """The rows for testing of the table in a file or a frame; None where no column says of any row that it is one.

    ``choice`` are the columns of training; None of a model that learned from no table.
    """
    if choice is None or choice.part is None:
        return None
    table = table_of(source, settings)
    if not {choice.part, choice.target} <= table.columns.keys():
        return None
    found = labelled(table, choice)
    tests = np.flatnonzero(parts_of(found) == Part.TEST)
    return found.some(tests) if len(tests) else None
