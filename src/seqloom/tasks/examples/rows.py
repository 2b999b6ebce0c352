"""What a user gives as rows and targets, looked at before a task does."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence, Sized
from numbers import Number
from typing import Any

import numpy as np
import torch

from seqloom.data.lazy_rows import LazyRows
from seqloom.errors import DataError

__all__ = ["check_rows"]

_SHOWN = 10


def check_rows(X: Any, y: Any = None) -> None:
    """Raise DataError where rows are missing, empty or hold NaN, and where targets are missing or too few.

    Rows are sequences of any kind; a file, given by its path, is left to its reader.

    >>> check_rows(["one", None, ""], ["a", "b"])
    Traceback (most recent call last):
    ...
    seqloom.errors.DataError: 3 problems in what was given:
      y: expected 3 targets, one for each row, got 2.
      X: row 1 is missing (None).
      X: row 2 is empty.
    """
    if hasattr(X, "toarray"):
        raise DataError("X: sparse input is not supported. Give X.toarray().")
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
            if target is None or (isinstance(target, float | np.floating) and not math.isfinite(target)):
                yield f"y: the target of row {place:,} is missing ({target})."


def _problems_of_rows(X: Any) -> Iterator[str]:
    if not len(X):
        yield "X: expected at least one row, got none."
    if isinstance(X, LazyRows):  # what makes them has looked at them
        return
    for place, row in enumerate(X):
        if problem := _problem_of(row):
            yield f"X: row {place:,} {problem}."


def _problem_of(row: Any) -> str:
    if row is None or (isinstance(row, float | np.floating) and math.isnan(row)):
        return f"is missing ({row})"
    if isinstance(row, str):
        return "" if row else "is empty"
    if isinstance(row, Number) or getattr(row, "ndim", 1) == 0:
        return f"is a number, {row}, and no sequence. Reshape your data: X.reshape(-1, 1) are sequences of one step"
    if isinstance(row, Sized) and not len(row):
        return "is empty"
    if isinstance(row, Sequence) and isinstance(row[0], str):
        return ""
    try:
        values = row.detach().cpu().numpy() if isinstance(row, torch.Tensor) else np.asarray(row)
    except ValueError:  # steps of different width, which its task names
        return ""
    if values.dtype.kind == "c":
        return "has complex numbers. Complex data not supported"
    if values.dtype.kind == "f" and values.ndim:
        steps = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        return f"has NaN or infinity at step {int(steps.argmax()):,}" if steps.any() else ""
    return ""
