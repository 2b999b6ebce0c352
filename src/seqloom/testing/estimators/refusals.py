"""Laws of what is refused: values that are missing, rows that are empty, targets that do not fit."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from seqloom.testing.estimators.trial import Trial, error_of, refusal

__all__ = ["check_empty_rows", "check_missing", "check_missing_targets", "check_no_rows", "check_unequal"]


def check_missing(trial: Trial, model: Any) -> None:
    """A row that is None or NaN, or that holds NaN, is refused when learning and when asked."""
    first = trial.X[0]
    rows: list[Any] = [None, math.nan]
    if np.asarray(first).dtype.kind == "f":
        rows.append(copy.deepcopy(first))
        rows[-1][-1] = math.nan
    for row in rows:
        X = [first, row, *trial.X[2:]]
        refusal(f"fit with a row {row!r}", trial.make().fit, X, trial.y)
        refusal(f"an answer for a row {row!r}", trial.answers, model, X)


def check_missing_targets(trial: Trial, model: Any) -> None:
    """A target that is None or NaN is refused."""
    if trial.y is not None:
        for value in (None, math.nan):
            refusal(f"a target {value!r}", trial.make().fit, trial.X, [value, *trial.y[1:]])


def check_no_rows(trial: Trial, model: Any) -> None:
    """There is nothing to learn from no rows; asked of none, a model has no answers, or refuses."""
    refusal("fit without rows", trial.make().fit, [], None if trial.y is None else [])
    if error_of(trial.answers, model, []):
        refusal("an answer for no rows", trial.answers, model, [])
    else:
        assert len(trial.answers(model, [])) == 0, "there are answers for no rows"


def check_empty_rows(trial: Trial, model: Any) -> None:
    """A sequence without a step is refused."""
    X = [trial.X[0], trial.X[1][:0], *trial.X[2:]]
    refusal("fit with an empty sequence", trial.make().fit, X, trial.y)
    refusal("an answer for an empty sequence", trial.answers, model, X)


def check_unequal(trial: Trial, model: Any) -> None:
    """Targets of another number than the rows are refused, with both numbers."""
    if trial.y is None:
        return
    for y in (list(trial.y[:-1]), [*trial.y, trial.y[0]]):
        for call in (trial.make().fit, model.score):
            what = f"{call.__name__} with {len(y)} targets for {len(trial.X)} rows"
            said = refusal(what, call, trial.X, y)
            assert str(len(y)) in said, f"{what}: the refusal does not say how many: {said}"
            assert str(len(trial.X)) in said, f"{what}: the refusal does not say how many: {said}"
