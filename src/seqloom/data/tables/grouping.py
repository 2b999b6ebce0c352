"""The rows of a table that have the same value in a column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqloom.data.tables.table import Table

__all__ = ["rows_by_value"]


def rows_by_value(table: Table, name: str) -> dict[str, NDArray[np.int64]]:
    """The rows of each value of a column, space around it aside, in the order in which the values come."""
    places: dict[str, list[int]] = {}
    for row, cell in enumerate(table.cells(name)):
        places.setdefault(cell.strip(), []).append(row)
    return {one: np.array(rows, np.int64) for one, rows in places.items()}
