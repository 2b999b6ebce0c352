"""Values of Python, out of workbooks, parquet and frames, as cells of text: one way to read for all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from seqloom.data.tables.json_lines import json_cell
from seqloom.data.tables.records import Record

__all__ = ["cell_text", "numbered"]


def numbered(rows: Iterable[Iterable[Any]]) -> Iterator[Record]:
    """Rows of values as rows of cells, counted from 1."""
    return (Record(line, [cell_text(value) for value in row]) for line, row in enumerate(rows, 1))


def cell_text(value: Any) -> str:
    """A value as a cell of a text file would have it.

    >>> [cell_text(value) for value in (None, 3.0, 0.1, True, math.nan, datetime(2024, 2, 3), ["a"])]
    ['', '3', '0.1', 'true', '', '2024-02-03', '["a"]']
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "" if math.isnan(value) else str(value)
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
    if isinstance(value, datetime):
        text = str(value)
        return "" if text == "NaT" else text.removesuffix(" 00:00:00")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, bytes)):
        return json_cell(list(value) if isinstance(value, Sequence) else dict(value))
    return "" if str(value) in ("<NA>", "NaT") else str(value)
