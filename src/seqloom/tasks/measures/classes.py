"""Figures of answers with one class a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import DataError, UsageError, listed
from seqloom.inspection.errors.reliability import reliability

__all__ = ["calibration_error", "figures_of_classes", "places_of"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
_BINS = 15


def figures_of_classes(
    true: Sequence[Any], probabilities: ArrayLike, classes: Sequence[Any], predicted: Sequence[Any] | None = None
) -> dict[str, float]:
    """Every figure of answers about rows of the classes ``true``, given ``probabilities`` (N, C) of ``classes``.

    ``accuracy``; ``macro_f1``, the mean F1 of the classes that came or were predicted; ``log_loss``, the mean of
    −ln p(class); ``calibration_error``. For two classes, of which the second is the positive one, also ``roc_auc`` and
    ``average_precision``, nan where only one of them came. ``predicted`` (default: the likeliest classes) is what a
    threshold made of the probabilities. Raises DataError for a class that is not among ``classes``.

    >>> figures = figures_of_classes(["no", "yes", "yes"], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], ["no", "yes"])
    >>> [(name, round(value, 3)) for name, value in figures.items()][:4]
    [('accuracy', 0.667), ('macro_f1', 0.667), ('log_loss', 0.415), ('calibration_error', 0.3)]
    """
    from sklearn.metrics import accuracy_score, f1_score, log_loss

    p, places = _checked(probabilities, len(true), len(classes)), places_of(true, classes)
    answers = p.argmax(1) if predicted is None else places_of(predicted, classes)
    found = {
        "accuracy": float(accuracy_score(places, answers)),
        "macro_f1": float(f1_score(places, answers, average="macro", zero_division=0)),
        "log_loss": float(log_loss(places, p, labels=range(len(classes)))) if len(classes) > 1 else 0.0,
        "calibration_error": calibration_error(places, p),
    }
    return found | _ranking(places == 1, p[:, 1]) if len(classes) == 2 else found


def calibration_error(places: ArrayLike, probabilities: ArrayLike, bins: int = _BINS) -> float:
    """The expected calibration error Σ_b n_b / N · |right_b − confidence_b| over ``bins`` equal ranges of confidence.

    The confidence of a row is the probability of its likeliest class (Guo et al., 2017, "On calibration of modern
    neural networks", with 15 ranges). ``places`` (N,) are the classes by number, ``probabilities`` (N, C).

    >>> calibration_error([0, 0, 1, 1], [[0.75, 0.25]] * 4)
    0.25
    """
    p = np.asarray(probabilities, dtype=np.float64)
    return reliability(p.max(1), p.argmax(1) == np.asarray(places), bins).error


def places_of(labels: Sequence[Any], classes: Sequence[Any]) -> Places:
    """The number of each label among ``classes``; DataError that names those which are not there.

    >>> places_of(["b", "a"], ["a", "b"])
    array([1, 0])
    >>> places_of(["b", "c", "c"], ["a", "b"])
    Traceback (most recent call last):
    ...
    seqloom.errors.DataError: 2 rows have a label that the model does not know: 'c'. It knows 'a', 'b'.
    """
    known = {label: place for place, label in enumerate(classes)}
    values = [label.item() if isinstance(label, np.generic) else label for label in labels]
    if unknown := [label for label in values if label not in known]:
        names = listed(list(dict.fromkeys(unknown)))
        have = "1 row has" if len(unknown) == 1 else f"{len(unknown):,} rows have"
        raise DataError(f"{have} a label that the model does not know: {names}. It knows {listed(list(known))}.")
    return np.array([known[label] for label in values], dtype=np.int64)


def _ranking(positive: NDArray[np.bool_], p: Floats) -> dict[str, float]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    if positive.all() or not positive.any():
        return {"roc_auc": float("nan"), "average_precision": float("nan")}
    return {
        "roc_auc": float(roc_auc_score(positive, p)),
        "average_precision": float(average_precision_score(positive, p)),
    }


def _checked(probabilities: ArrayLike, rows: int, classes: int) -> Floats:
    p = np.asarray(probabilities, dtype=np.float64)
    if p.shape != (rows, classes) or not rows:
        raise UsageError(f"probabilities: expected an array of shape ({rows}, {classes}) with rows, got {p.shape}.")
    shares: Floats = p / p.sum(1, keepdims=True)
    return shares
