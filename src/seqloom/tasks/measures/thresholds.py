"""Thresholds: the probability from which on a row is called positive, given or chosen on the validation part."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import DataError, warn
from seqloom.settings import Kind

__all__ = ["ThresholdRule", "choose_threshold", "precision_and_recall"]

Floats = NDArray[np.float64]
MAX_F1 = "max-f1"
_PRECISION = "precision="


class ThresholdRule(Kind):
    """A setting that says how a threshold is found: a probability, ``max-f1``, or ``precision=0.95``.

    >>> rule = ThresholdRule()
    >>> [rule.take(rule.parse(text)) for text in ("0.3", "max-f1", "precision=0.95")]
    [0.3, 'max-f1', 'precision=0.95']
    """

    metavar = "SHARE|max-f1|precision=SHARE"
    expected = ("a probability between 0 and 1", f"'{MAX_F1}'", f"'{_PRECISION}' and a share up to 1")

    def parse(self, text: str) -> float | str:
        try:
            return float(text)
        except ValueError:
            return text

    def take(self, value: object) -> float | str:
        if isinstance(value, str):
            if value == MAX_F1 or (value.startswith(_PRECISION) and 0 < _number(value) <= 1):
                return value
        elif isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1:
            return float(value)
        raise ValueError


def choose_threshold(rule: float | str, positive: ArrayLike, probabilities: ArrayLike) -> float:
    """The threshold t that a rule asks for, chosen on rows of which ``positive`` (N,) says which are.

    A row is called positive where its probability is at least t. ``max-f1`` is the t of the highest
    F1 = 2 · right / (called + positive), the highest such t; ``precision=0.95`` the lowest t of which at least that
    share of the rows called positive are, so that as many as possible are found. Where none reaches it, that of the
    highest precision is taken, with a warning. Raises DataError where no row is positive, or all are.

    >>> p, positive = [0.1, 0.4, 0.6, 0.9], [False, True, False, True]
    >>> [choose_threshold(rule, positive, p) for rule in (0.3, "max-f1", "precision=1.0")]
    [0.3, 0.4, 0.9]
    """
    if not isinstance(rule, str):
        return float(rule)
    there: NDArray[np.bool_] = np.asarray(positive, dtype=np.bool_)
    if there.all() or not there.any():
        raise DataError(f"threshold: {rule!r} needs rows of both classes in the validation part. Give more rows.")
    precision, recall, thresholds = precision_and_recall(there, probabilities)
    if rule == MAX_F1:
        f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(np.float64).tiny)
        return float(thresholds[len(f1) - 1 - f1[::-1].argmax()])
    wanted = _number(rule)
    reached = np.flatnonzero(precision >= wanted)
    if len(reached):
        return float(thresholds[reached[0]])
    best = int(precision.argmax())
    warn(
        f"threshold: no threshold has a precision of {wanted:g} on the validation part; "
        f"{thresholds[best]:.3g} has {precision[best]:.3g} and is taken."
    )
    return float(thresholds[best])


def precision_and_recall(positive: ArrayLike, probabilities: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Precision and recall where rows of at least each threshold are called positive, from low thresholds to high.

    >>> precision, recall, thresholds = precision_and_recall([False, True, True], [0.2, 0.2, 0.9])
    >>> precision.round(2), recall, thresholds
    (array([0.67, 1.  ]), array([1. , 0.5]), array([0.2, 0.9]))
    """
    from sklearn.metrics import precision_recall_curve

    precision, recall, thresholds = precision_recall_curve(positive, np.asarray(probabilities, dtype=np.float64))
    return precision[:-1], recall[:-1], thresholds


def _number(rule: str) -> float:
    try:
        return float(rule.removeprefix(_PRECISION))
    except ValueError:
        return -1.0
