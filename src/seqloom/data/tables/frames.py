"""Tables in memory: frames of pandas, polars and whatever else narwhals knows."""

from __future__ import annotations

from typing import Any

from seqloom.data.tables.dialect import Dialect
from seqloom.data.tables.opened import Opened, opened_rows
from seqloom.data.tables.python_values import numbered
from seqloom.data.tables.writing import Separated
from seqloom.errors import UsageError

__all__ = ["is_frame", "open_frame"]


def is_frame(value: Any) -> bool:
    """Whether a value is a frame of one of the libraries that narwhals knows."""
    from narwhals.dependencies import is_into_dataframe

    return bool(is_into_dataframe(value))


def open_frame(frame: Any) -> Opened:
    """The rows of a frame, whose numbers, from 1 on, stand for lines; its index is left out."""
    import narwhals

    try:
        table = narwhals.from_native(frame, eager_only=True)
    except TypeError as error:
        raise UsageError(
            f"Expected the path of a table or a frame with its rows in memory, got {type(frame)}."
        ) from error
    columns = [str(name) for name in table.columns]
    return opened_rows(
        "the frame", columns, numbered(table.iter_rows()), Separated(Dialect()), [], some=bool(len(table))
    )
