"""The laws of estimators hold for a healthy one, and each of them finds the one that breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from seqloom.testing import ESTIMATOR_LAWS, Trial, check_estimator
from seqloom.testing.estimators.trial import agree
from tests.testing.light import BROKEN, Nearest

X = [[0.5 * place - 3.0, 0.25 * place - 2.0, *([0.125] * (place % 3))] for place in range(12)]
Y = ["low" if place < 6 else "high" for place in range(12)]


def test_a_healthy_estimator_obeys_every_law() -> None:
    check_estimator(Trial(lambda: Nearest(steps=5), X, Y))


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_each_law_finds_what_breaks_it(kind: Any) -> None:
    name, words = BROKEN[kind]
    trial = Trial(lambda: kind(steps=5), X, Y)
    fitted = kind(steps=5)
    fitted.fit(X, list(Y))
    with pytest.raises(AssertionError) as caught:
        ESTIMATOR_LAWS[name](trial, fitted)
    assert words in str(caught.value)


def test_no_law_is_without_an_estimator_that_breaks_it() -> None:
    assert {name for name, _ in BROKEN.values()} == set(ESTIMATOR_LAWS)


def test_the_check_names_the_law_and_knows_exemptions() -> None:
    (draws,) = (kind for kind in BROKEN if kind.__name__ == "SetsNothing")
    with pytest.raises(AssertionError, match=r"^parameters are got and set: pace is not set"):
        check_estimator(Trial(draws, X, Y))
    with pytest.raises(ValueError, match=r"no such laws: \['beauty'\]"):
        check_estimator(Trial(Nearest, X, Y, exempt={"beauty": "it is a matter of taste"}))


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        ([1.0, 2.0], [1.0, 2.0 + 1e-7], True),
        ([1.0, 2.0], [1.0, 2.1], False),
        ([float("nan")], [float("nan")], True),
        (["a", ["b"]], ["a", ["c"]], False),
        ({"a": 1.0}, {"a": 1.0}, True),
        ({"a": 1.0}, {"b": 1.0}, False),
        ([1, 2], [1, 2, 3], False),
    ],
)
def test_answers_are_compared_as_they_are_nested(found: Any, wanted: Any, same: bool) -> None:
    assert agree(found, wanted, 1e-6) is same
