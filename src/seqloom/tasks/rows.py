"""What a user gives as rows and targets, looked at before a task does."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence, Sized
from typing import Any

import numpy as np
import torch

from seqloom.errors import DataError

__all__ = ["check_rows"]

_SHOWN = 10


def check_rows(X: Any, y: Any = None) -> None:
    """Raise DataError where rows are missing, empty or hold NaN or infinity, and where targets are missing or too few.

    Rows are sequences of any kind; a file, given by its path, is left to its reader.

    >>> check_rows(["one", None, ""], ["a", "b"])
    Traceback (most recent call last):
    ...
    seqloom.errors.DataError: 3 problems in what was given:
      y: expected 3 targets, one for each row, got 2.
      X: row 1 is missing (None).
      X: row 2 is empty.
    """
    if isinstance(X, str | os.PathLike) or not isinstance(X, Sized) or hasattr(X, "columns"):
        return
    problems = [*_problems_of_targets(len(X), y), *_problems_of_rows(X)]
    if len(problems) == 1:
        raise DataError(problems[0])
    if problems:
        left_out = [f"and {len(problems) - _SHOWN:,} more."] if len(problems) > _SHOWN else []
        head = f"{len(problems):,} problems in what was given:"
        raise DataError("\n  ".join([head, *problems[:_SHOWN], *left_out]))


def _problems_of_targets(rows: int, y: Any) -> Iterator[str]:
    if isinstance(y, Sized):
        if len(y) != rows:
            yield f"y: expected {rows:,} targets, one for each row, got {len(y):,}."
        for place, target in enumerate(y if isinstance(y, Sequence | np.ndarray | torch.Tensor) else ()):
            if _missing(target):
                yield f"y: the target of row {place:,} is missing ({target})."


def _problems_of_rows(X: Any) -> Iterator[str]:
    if not len(X):
        yield "X: expected at least one row, got none."
    for place, row in enumerate(X):
        if _missing(row):
            yield f"X: row {place:,} is missing ({row})."
        elif _empty(row):
            yield f"X: row {place:,} is empty."
        elif (step := _not_finite(row)) is not None:
            yield f"X: row {place:,} has a number that is not finite at step {step:,}."


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and math.isnan(value))


def _empty(value: Any) -> bool:
    return isinstance(value, Sized) and getattr(value, "ndim", 1) > 0 and len(value) == 0


def _not_finite(row: Any) -> int | None:
    """The first step with NaN or infinity, if any."""
    if isinstance(row, str) or (isinstance(row, Sequence) and row and isinstance(row[0], str)):
        return None
    try:
        values = row.detach().cpu().numpy() if isinstance(row, torch.Tensor) else np.asarray(row)
    except ValueError:
        return None
    if values.dtype.kind != "f" or not values.ndim:
        return None
    steps = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
    return int(steps.argmax()) if steps.any() else None
