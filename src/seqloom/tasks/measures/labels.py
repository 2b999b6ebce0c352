"""Figures of answers with any number of labels a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import UsageError
from seqloom.tasks.measures.classes import places_of

__all__ = ["figures_of_labels", "indicators"]


def figures_of_labels(
    true: Sequence[Sequence[Any]],
    probabilities: ArrayLike,
    classes: Sequence[Any],
    predicted: Sequence[Sequence[Any]] | None = None,
) -> dict[str, float]:
    """Every figure of answers about rows that have the labels ``true``, given ``probabilities`` (N, L) of ``classes``.

    ``exact``, the share of rows with all labels right; ``micro_f1`` over all labels of all rows; ``macro_f1``, the mean
    over the labels that came or were predicted; ``log_loss``, the mean over rows and labels of −ln p(there or not);
    ``average_precision``, the mean over the labels that came. ``predicted`` is by default each label of at least 0.5.
    Raises DataError for a label that is not among ``classes``.

    >>> figures = figures_of_labels([["a"], ["a", "b"]], [[0.9, 0.2], [0.8, 0.4]], ["a", "b"])
    >>> {name: round(value, 3) for name, value in figures.items()}
    {'exact': 0.5, 'micro_f1': 0.8, 'macro_f1': 0.5, 'log_loss': 0.367, 'average_precision': 1.0}
    """
    from sklearn.metrics import average_precision_score, f1_score

    p, there = np.asarray(probabilities, dtype=np.float64), indicators(true, classes)
    if p.shape != there.shape or not len(p):
        raise UsageError(f"probabilities: expected an array of shape {there.shape} with rows, got {p.shape}.")
    answers = p >= 0.5 if predicted is None else indicators(predicted, classes)
    seen, came = (there | answers).any(0), there.any(0)
    sure = np.clip(np.where(there, p, 1 - p), np.finfo(np.float64).eps, 1)
    macro = f1_score(there[:, seen], answers[:, seen], average="macro", zero_division=0) if seen.any() else 1.0
    return {
        "exact": float((answers == there).all(1).mean()),
        "micro_f1": float(f1_score(there, answers, average="micro", zero_division=1)),
        "macro_f1": float(macro),
        "log_loss": float(-np.log(sure).mean()),
        "average_precision": float(average_precision_score(there[:, came], p[:, came])) if came.any() else float("nan"),
    }


def indicators(labels: Sequence[Sequence[Any]], classes: Sequence[Any]) -> NDArray[np.bool_]:
    """Which labels each row has, (N, L); DataError that names labels which are not among ``classes``.

    >>> indicators([["b"], [], ["a", "b"]], ["a", "b"]).astype(int)
    array([[0, 1],
           [0, 0],
           [1, 1]])
    """
    found = np.zeros((len(labels), len(classes)), dtype=np.bool_)
    rows = np.repeat(np.arange(len(labels)), [len(row) for row in labels])
    found[rows, places_of([label for row in labels for label in row], classes)] = True
    return found
