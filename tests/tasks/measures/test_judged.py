from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, mean_absolute_error

from seqloom.tasks.measures import (
    figures_of_classes,
    figures_of_labels,
    figures_of_numbers,
    judged_classes,
    judged_labels,
    judged_numbers,
)
from seqloom.tasks.measures.judged import _macro_f1

CLASSES = ["a", "b", "c"]


@pytest.fixture
def answers() -> tuple[Any, ...]:
    """Classes, probabilities that are mostly right, and such that say nothing."""
    draw = np.random.default_rng(0)
    places = draw.integers(3, size=120)
    good = draw.dirichlet(np.ones(3), size=120) + 1.5 * np.eye(3)[places]
    return places, good / good.sum(1, keepdims=True), draw.dirichlet(np.ones(3), size=120)


def test_classes_are_judged_by_macro_f1(answers: Any) -> None:
    places, good, poor = answers
    true = [CLASSES[k] for k in places]
    found = judged_classes(true, good, CLASSES, {"chance": poor})
    assert found.model == figures_of_classes(true, good, CLASSES)
    assert found.baselines == {"chance": figures_of_classes(true, poor, CLASSES)}
    gap = found.model["macro_f1"] - found.baselines["chance"]["macro_f1"]
    assert found.verdict.startswith(f"The best baseline, chance, is beaten: macro f1 {gap:+.3f} (95 %: ")
    turned = judged_classes(true, poor, CLASSES, {"line": good}).verdict
    assert turned.startswith(f"A baseline, line, is better than the model: macro f1 {-gap:+.3f}")
    assert judged_classes(true, poor, CLASSES, {"chance": poor}, predicted=true).verdict.startswith("The best baseline")
    assert judged_classes(true, good, CLASSES, {}).verdict == ""


def test_the_quick_macro_f1_is_scikit_learns(answers: Any) -> None:
    places, good, _ = answers
    for rows in (np.arange(120), np.arange(9), np.flatnonzero(places != 2)):
        predicted = good.argmax(1)
        wanted = f1_score(places[rows], predicted[rows], average="macro", zero_division=0)
        assert _macro_f1(3 * places[rows] + predicted[rows], 3) == pytest.approx(wanted)


def test_labels_are_judged_by_micro_f1(answers: Any) -> None:
    places, good, poor = answers
    true = [[CLASSES[k]] for k in places]
    found = judged_labels(true, good, CLASSES, {"chance": poor})
    assert found.model == figures_of_labels(true, good, CLASSES)
    gap = found.model["micro_f1"] - found.baselines["chance"]["micro_f1"]
    assert f"beaten: micro f1 {gap:+.3f}" in found.verdict
    assert judged_labels(true, poor, CLASSES, {"line": good}, predicted=true).model["exact"] == 1.0


def test_numbers_are_judged_by_their_mean_error() -> None:
    draw = np.random.default_rng(0)
    y = draw.normal(size=80)
    near, mean = y + 0.1 * draw.normal(size=80), np.full(80, y.mean())
    found = judged_numbers(y, near, {"mean": mean})
    assert found.model == figures_of_numbers(y, near)
    assert found.baselines["mean"]["r2"] == pytest.approx(0)
    gap = mean_absolute_error(y, near) - mean_absolute_error(y, mean)
    assert found.verdict.startswith(f"The best baseline, mean, is beaten: mean absolute error {gap:+.3f}")
    assert judged_numbers(y, mean, {"line": near}).verdict.startswith("A baseline, line, is better than the model: ")
