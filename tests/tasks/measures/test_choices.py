"""What is chosen on the validation part: a temperature, a threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.calibration import _TemperatureScaling
from sklearn.metrics import f1_score, precision_score, recall_score

from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.settings import read
from seqloom.tasks.measures import (
    ThresholdRule,
    calibration_error,
    choose_threshold,
    temperature_of_classes,
    temperature_of_labels,
    tempered,
)


def overconfident(rows: int = 400, classes: int = 3, factor: float = 3.0) -> tuple[Any, Any]:
    """Scores ``factor`` times as large as those by which the classes were drawn."""
    draw = np.random.default_rng(0)
    scores = draw.normal(size=(rows, classes))
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return factor * scores, np.array([draw.choice(classes, p=row) for row in p])


def test_the_temperature_is_scikit_learns_and_calibrates() -> None:
    scores, places = overconfident()
    found = temperature_of_classes(scores, places)
    assert found == pytest.approx(1 / _TemperatureScaling().fit(scores, places).beta_, rel=1e-3)
    assert found == pytest.approx(3.0, rel=0.2)
    p = tempered(np.exp(scores) / np.exp(scores).sum(1, keepdims=True), 1.0)
    assert np.array_equal(tempered(p, found).argmax(1), p.argmax(1))
    assert calibration_error(places, tempered(p, found)) < 0.5 * calibration_error(places, p)
    assert tempered(p, 2.0) == pytest.approx(torch.tensor(scores / 2).softmax(1).numpy())


def test_the_temperature_of_labels_is_the_best_there_is() -> None:
    scores, places = overconfident(classes=2)
    z, there = torch.tensor(scores[:, 1:] - scores[:, :1]), torch.tensor(places[:, None] == 1)
    found = temperature_of_labels(z.numpy(), there.numpy())

    def loss(temperature: float) -> float:
        return float(torch.nn.functional.binary_cross_entropy_with_logits(z / temperature, there.double()))

    assert loss(found) <= min(loss(found * 0.99), loss(found * 1.01))
    assert found == pytest.approx(temperature_of_classes(scores, places), rel=1e-3)


def test_a_temperature_without_an_end_is_bounded() -> None:
    assert temperature_of_classes([[1.0, 0.0]], np.array([0])) == pytest.approx(0.05, rel=0.01)
    assert temperature_of_classes([[1.0, 0.0]], np.array([1])) == pytest.approx(20, rel=0.01)
    assert np.isfinite(tempered([[1.0, 0.0]], 0.05)).all()


@pytest.fixture
def rows() -> tuple[Any, Any]:
    draw = np.random.default_rng(1)
    positive = draw.random(200) < 0.3
    return positive, np.clip(draw.normal(0.35 + 0.2 * positive, 0.2), 0.01, 0.99).round(2)


def test_max_f1_is_the_best_of_all_thresholds(rows: Any) -> None:
    positive, p = rows
    found = choose_threshold("max-f1", positive, p)
    best = max(f1_score(positive, p >= t) for t in np.unique(p))
    assert f1_score(positive, p >= found) == best
    assert all(f1_score(positive, p >= t) < best for t in np.unique(p) if t > found)


def test_a_precision_is_reached_by_the_threshold_that_finds_most(rows: Any) -> None:
    positive, p = rows
    found = choose_threshold("precision=0.6", positive, p)
    assert precision_score(positive, p >= found) >= 0.6
    reached = [t for t in np.unique(p) if precision_score(positive, p >= t) >= 0.6]
    assert recall_score(positive, p >= found) == max(recall_score(positive, p >= t) for t in reached)


def test_a_precision_that_is_not_reached_is_said() -> None:
    with pytest.warns(SeqloomWarning, match=r"no threshold has a precision of 0.95.*0.6 has 0.5 and is taken"):
        assert choose_threshold("precision=0.95", [True, False, False], [0.6, 0.7, 0.1]) == 0.6


def test_thresholds_are_plain_numbers() -> None:
    assert choose_threshold(0.3, [], []) == 0.3
    found = choose_threshold("max-f1", [True, False], np.array([0.7, 0.1], dtype=np.float32))
    assert type(found) is float
    assert np.array([0.7], dtype=np.float32) >= found
    for one_class in ([True, True], [False, False]):
        with pytest.raises(DataError, match="rows of both classes"):
            choose_threshold("max-f1", one_class, [0.5, 0.6])


@pytest.mark.parametrize("text", ["1.5", "0", "max-f2", "precision=2", "precision=", "precision=a", "recall=0.5"])
def test_a_rule_that_there_is_not_is_refused_with_those_that_there_are(text: str) -> None:
    with pytest.raises(UsageError, match=r"--threshold: expected a probability .* 'max-f1' or 'precision='"):
        read("--threshold", ThresholdRule(), text)
    with pytest.raises(ValueError, match=r"^$"):
        ThresholdRule().take(True)
