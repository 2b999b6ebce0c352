"""Figures held against scikit-learn, or against their definition written out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from seqloom.errors import DataError, UsageError
from seqloom.tasks.measures import (
    calibration_error,
    figures_of_classes,
    figures_of_labels,
    figures_of_numbers,
    indicators,
    places_of,
)

CLASSES = ["ant", "bee", "cat", "dog"]


def drawn(rows: int, classes: int, seed: int = 0) -> tuple[Any, Any]:
    draw = np.random.default_rng(seed)
    return draw.integers(classes, size=rows), draw.dirichlet(np.ones(classes), size=rows)


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_figures_of_classes_are_scikit_learns(classes: int) -> None:
    places, p = drawn(200, classes)
    names = CLASSES[:classes]
    found = figures_of_classes([names[k] for k in places], p, names)
    answers = p.argmax(1)
    wanted = {
        "accuracy": metrics.accuracy_score(places, answers),
        "macro_f1": metrics.f1_score(places, answers, average="macro"),
        "log_loss": metrics.log_loss(places, p),
        "calibration_error": written_out(places, p),
    }
    if classes == 2:
        wanted |= {
            "roc_auc": metrics.roc_auc_score(places, p[:, 1]),
            "average_precision": metrics.average_precision_score(places, p[:, 1]),
        }
    assert found == pytest.approx(wanted, abs=1e-12)


def test_what_a_threshold_predicts_is_counted_and_probabilities_are_as_they_were() -> None:
    places, p = drawn(100, 2)
    true = [CLASSES[k] for k in places]
    plain = figures_of_classes(true, p, CLASSES[:2])
    found = figures_of_classes(true, p, CLASSES[:2], [CLASSES[int(q >= 0.2)] for q in p[:, 1]])
    assert found["accuracy"] == np.mean(places == (p[:, 1] >= 0.2)) != plain["accuracy"]
    assert found["log_loss"] == plain["log_loss"]


def test_classes_that_never_came_count_in_no_mean() -> None:
    p = [[0.8, 0.1, 0.1, 0.0], [0.2, 0.7, 0.1, 0.0]]
    assert figures_of_classes(["ant", "bee"], p, CLASSES)["macro_f1"] == 1.0
    assert figures_of_classes(["ant", "ant"], p, CLASSES)["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)


def test_one_class_among_two_has_no_ranking() -> None:
    found = figures_of_classes(["ant", "ant"], [[0.8, 0.2], [0.4, 0.6]], CLASSES[:2])
    assert math.isnan(found["roc_auc"])
    assert math.isnan(found["average_precision"])
    assert figures_of_classes(["ant"], [[1.0]], ["ant"])["accuracy"] == 1.0


def test_rows_and_labels_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match=r"expected an array of shape \(2, 2\) with rows, got \(3, 2\)"):
        figures_of_classes(["ant", "bee"], np.ones((3, 2)), CLASSES[:2])
    with pytest.raises(UsageError, match="with rows"):
        figures_of_classes([], np.ones((0, 2)), CLASSES[:2])
    with pytest.raises(
        DataError, match=r"1 row has a label that the model does not know: 'eel'. It knows 'ant', 'bee'"
    ):
        figures_of_classes(["ant", "eel"], np.ones((2, 2)), CLASSES[:2])
    assert places_of(np.array([2, 1]), [1, 2]).tolist() == [1, 0]


@pytest.mark.parametrize("seed", range(3))
def test_calibration_error_is_its_definition(seed: int) -> None:
    places, p = drawn(300, 3, seed)
    assert calibration_error(places, p) == pytest.approx(written_out(places, p), abs=1e-12)
    assert calibration_error([0, 1], [[1.0, 0.0], [0.0, 1.0]]) == 0.0
    assert calibration_error([1, 0], [[1.0, 0.0], [0.0, 1.0]]) == 1.0


def written_out(places: Any, p: Any, bins: int = 15) -> float:
    found = 0.0
    for k in range(bins):
        inside = [
            i for i in range(len(p)) if k / bins <= max(p[i]) < (k + 1) / bins or (k == bins - 1 and max(p[i]) == 1)
        ]
        if inside:
            right = sum(p[i].argmax() == places[i] for i in inside) / len(inside)
            found += len(inside) / len(p) * abs(right - sum(max(p[i]) for i in inside) / len(inside))
    return found


def test_figures_of_labels_are_scikit_learns() -> None:
    draw = np.random.default_rng(0)
    there, p = draw.random((150, 4)) < 0.4, draw.random((150, 4))
    true = [[CLASSES[k] for k in np.flatnonzero(row)] for row in there]
    assert np.array_equal(indicators(true, CLASSES), there)
    assert figures_of_labels(true, p, CLASSES) == pytest.approx(
        {
            "exact": metrics.accuracy_score(there, p >= 0.5),
            "micro_f1": metrics.f1_score(there, p >= 0.5, average="micro"),
            "macro_f1": metrics.f1_score(there, p >= 0.5, average="macro"),
            "log_loss": np.mean([metrics.log_loss(there[:, k], p[:, k]) for k in range(4)]),
            "average_precision": metrics.average_precision_score(there, p, average="macro"),
        },
        abs=1e-12,
    )
    given = figures_of_labels(true, p, CLASSES, true)
    assert given["exact"] == given["micro_f1"] == given["macro_f1"] == 1.0


def test_labels_that_never_came_count_in_no_mean() -> None:
    found = figures_of_labels([["ant"], []], [[0.9, 0.1], [0.2, 0.1]], CLASSES[:2])
    assert found["macro_f1"] == found["average_precision"] == found["exact"] == 1.0
    nothing = figures_of_labels([[], []], [[0.1], [0.2]], CLASSES[:1])
    assert nothing["micro_f1"] == nothing["macro_f1"] == 1.0
    assert math.isnan(nothing["average_precision"])
    with pytest.raises(UsageError, match=r"expected an array of shape \(1, 2\)"):
        figures_of_labels([["ant"]], [[0.1]], CLASSES[:2])


def test_figures_of_numbers_are_scikit_learns() -> None:
    draw = np.random.default_rng(0)
    y, answers = draw.normal(size=50), draw.normal(size=50)
    assert figures_of_numbers(y, answers) == pytest.approx(
        {
            "mean_absolute_error": metrics.mean_absolute_error(y, answers),
            "root_mean_squared_error": metrics.root_mean_squared_error(y, answers),
            "r2": metrics.r2_score(y, answers),
        }
    )
    assert math.isnan(figures_of_numbers([1.0, 1.0], [1.0, 2.0])["r2"])
    with pytest.raises(UsageError, match="as many numbers as there are targets, 2, got 1"):
        figures_of_numbers([1.0, 2.0], [1.0])
