"""Laws of what an estimator is before and beside learning: those that scikit-learn"s own tools rely on."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from seqloom.testing.estimators.trial import Trial, error_of, refusal

__all__ = ["check_clones", "check_code", "check_constructor", "check_manners", "check_parameters", "check_unfitted"]


def check_constructor(trial: Trial, model: Any) -> None:
    """Whatever is given is stored as it is, and nothing else is."""
    kind, names = type(model), list(trial.make().get_params(deep=False))
    given = {name: object() for name in names}
    stored = vars(kind(**given))
    assert set(stored) == set(names), (
        f"the constructor of {kind.__name__} makes other attributes: {set(stored) ^ set(names)}"
    )
    for name in names:
        assert stored[name] is given[name], f"{name} is not stored as it was given"


def check_parameters(trial: Trial, model: Any) -> None:
    """``get_params`` shows what ``set_params`` sets, and names that there are not are refused."""
    one, again = trial.make(), trial.make()
    plain, deep = one.get_params(deep=False), one.get_params()
    assert plain.items() <= deep.items(), "get_params(deep=True) lacks some of the parameters"
    assert again.set_params(**plain) is again, "set_params does not return the estimator"
    assert again.get_params(deep=False) == plain, "set_params with what get_params gave changes the estimator"
    for name in deep.keys() - plain.keys():
        assert trial.make().set_params(**{name: deep[name]}).get_params()[name] == deep[name], f"{name} is not set"
    for name in plain:
        value = object()
        assert trial.make().set_params(**{name: value}).get_params(deep=False)[name] is value, f"{name} is not set"
    said = refusal("a parameter that there is not", lambda: trial.make().set_params(no_such_parameter=1))
    assert "no_such_parameter" in said, f"the refusal does not name the parameter: {said}"


def check_clones(trial: Trial, model: Any) -> None:
    """A clone, scikit-learn's or our own, has the parameters and has learned nothing."""
    from sklearn.base import clone

    for copied in (clone(model), model.clone()):
        assert copied is not model
        assert type(copied) is type(model)
        assert set(vars(copied)) == set(model.get_params(deep=False)), f"a clone keeps {set(vars(copied))}"
        assert copied.code == model.code, "a clone has other parameters"


def check_code(trial: Trial, model: Any) -> None:
    """``repr`` is code that makes an estimator with the same parameters."""
    one = trial.make()
    values = [one, *one.get_params(deep=False).values()]
    made = eval(repr(one), {type(value).__name__: type(value) for value in values} | {"np": np})
    assert made.get_params(deep=False) == one.get_params(deep=False), f"{one!r} evaluates to other parameters"


def check_manners(trial: Trial, model: Any) -> None:
    """scikit-learn finds tags and classes, tells what is fitted, and may pass y to ``fit`` and ``score``."""
    from sklearn.exceptions import NotFittedError
    from sklearn.utils import get_tags
    from sklearn.utils.validation import check_is_fitted

    assert error_of(get_tags, model) is None, f"there are no tags: {error_of(get_tags, model)}"
    tags = get_tags(model)
    assert tags.target_tags.required == (trial.y is not None), "the tags say otherwise of y"
    has_classes = hasattr(model, "classes_")
    assert has_classes or tags.estimator_type != "classifier", "a classifier has learned no classes_"
    check_is_fitted(model)
    unfitted = error_of(check_is_fitted, trial.make())
    assert isinstance(unfitted, NotFittedError), "check_is_fitted takes an estimator for fitted that is not"
    for method in (model.fit, model.score):
        assert list(inspect.signature(method).parameters)[:2] == ["X", "y"], f"{method.__name__} does not take (X, y)"
    assert math.isfinite(model.score(trial.X, trial.y)), "score is no finite number"


def check_unfitted(trial: Trial, model: Any) -> None:
    """Methods that need ``fit`` say so, with an error that is a ValueError and an AttributeError, as scikit-learn's."""
    calls: dict[str, Callable[[Any], Any]] = {
        "an answer": lambda one: trial.answers(one),
        "score": lambda one: one.score(trial.X, trial.y),
        "save": lambda one: one.save("nowhere"),
    }
    for name, call in calls.items():
        error = error_of(call, trial.make())
        assert error is not None, f"{name} before fit is not refused"
        assert isinstance(error, ValueError), f"{name} before fit: {error!r}"
        assert isinstance(error, AttributeError), f"{name} before fit: {error!r}"
        assert "fit" in str(error), f"{name} before fit does not say that fit is missing: {error}"
