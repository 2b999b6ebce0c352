"""Laws of learning and answering: nothing but what a model learned from decides what it says."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from typing import Any

from seqloom.testing.estimators.trial import Trial, agree, chosen

TOLERANCE = 1e-4
MANY = 130
"""Rows that no estimator reads as one batch."""

__all__ = ["check_arguments", "check_batches", "check_fit_again", "check_pickle", "check_rows"]


def check_arguments(trial: Trial, model: Any) -> None:
    """``fit`` returns the estimator, and changes neither parameters nor data; answers change nothing."""
    one, X, y = trial.make(), copy.deepcopy(trial.X), copy.deepcopy(trial.y)
    before = one.get_params(deep=False)
    assert one.fit(X, y) is one, "fit does not return the estimator"
    assert all(one.get_params(deep=False)[name] is value for name, value in before.items()), "fit changed a parameter"
    learned = set(vars(one))
    trial.answers(one, X)
    assert set(vars(one)) == learned, f"an answer left something behind: {set(vars(one)) - learned}"
    assert agree(X, trial.X), "X was changed"
    assert agree(y, trial.y), "y was changed"


def check_fit_again(trial: Trial, model: Any) -> None:
    """``fit`` gives the same each time, whatever was learned before."""
    wanted = trial.answers(model)
    assert agree(trial.answers(trial.fit(trial.make())), wanted), "another estimator learned otherwise from the same"
    places = range(len(trial.X) - 1, 1, -1)
    before = trial.make().fit(chosen(trial.X, places), None if trial.y is None else chosen(trial.y, places))
    assert agree(trial.answers(trial.fit(before)), wanted), "what was learned before is not forgotten"


def check_rows(trial: Trial, model: Any) -> None:
    """The answer for a row is the same in any order, in other company and alone."""
    wanted, count = list(trial.answers(model)), len(trial.X)
    orders: list[Sequence[int]] = [range(count - 1, -1, -1), range(1, count, 2), *([place] for place in range(3))]
    for places in orders:
        _check_answers(trial, model, places, wanted)


def check_batches(trial: Trial, model: Any) -> None:
    """The answer for a row is the same however many there are."""
    count = len(trial.X)
    _check_answers(trial, model, [place % count for place in range(MANY)], list(trial.answers(model)))


def check_pickle(trial: Trial, model: Any) -> None:
    """Fitted or not, an estimator survives pickle (joblib sends it to its processes so)."""
    again = pickle.loads(pickle.dumps(model))
    assert agree(trial.answers(again), trial.answers(model)), "a pickled model answers otherwise"
    assert repr(pickle.loads(pickle.dumps(trial.make()))) == repr(trial.make()), "pickle loses parameters"


def _check_answers(trial: Trial, model: Any, places: Sequence[int], wanted: Sequence[Any]) -> None:
    found = list(trial.answers(model, chosen(trial.X, places)))
    assert len(found) == len(places), f"{len(found)} answers for {len(places)} rows"
    for place, answer in zip(places, found, strict=True):
        assert agree(answer, wanted[place], TOLERANCE), (
            f"row {place} among {len(places)} has the answer {answer!r}, among all {wanted[place]!r}"
        )
