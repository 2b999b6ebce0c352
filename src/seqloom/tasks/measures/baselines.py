"""Baselines: what a line through simple features reaches, fitted to the training part alone.

Each is features, a weight and a bias, and a link, so it is plain data: it can stand beside a model in its directory,
and be asked again when the model is judged on other rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.sounds.sound import Sound
from seqloom.data.sounds.sounds import usual_rate
from seqloom.tasks.inputs.pictures import are_pictures
from seqloom.tasks.measures.classes import places_of
from seqloom.tasks.measures.features import Features, Heard, Nothing, Pixels, Summary, Terms, text_of
from seqloom.tasks.measures.labels import indicators

__all__ = [
    "Baseline",
    "baselines_of_classes",
    "baselines_of_labels",
    "baselines_of_numbers",
]

Floats = NDArray[np.floating[Any]]
Link = Literal["softmax", "sigmoid", "none"]
MOST_ROWS = 50_000
MOST_CHARACTERS = 10_000_000
"""What a baseline is fitted to: of more, rows are drawn."""
_STRENGTH = 5.0
_PIECE = 4096
_SUMMED = "{} on means, deviations, slopes"
_NAMES = {Terms: "TF-IDF + {}", Pixels: "{} on pixels", Summary: _SUMMED, Heard: _SUMMED}


@dataclass(frozen=True)
class Baseline:
    """link(features · weight + bias): probabilities (N, C) of classes or labels, or numbers (N,).

    ``weight`` is (F, C), ``bias`` (C,). The link is softmax for classes, sigmoid for labels, none for a number.
    """

    name: str
    features: Features
    weight: Floats
    bias: Floats
    link: Link

    def answers(self, X: Sequence[Any]) -> Floats:
        """What it says of each row."""
        pieces = [range(first, min(first + _PIECE, len(X))) for first in range(0, max(1, len(X)), _PIECE)]
        return np.concatenate([self._answers([X[row] for row in piece]) for piece in pieces])

    def _answers(self, X: Sequence[Any]) -> Floats:
        scores = self.features.of(X) @ self.weight + self.bias
        if self.link == "none":
            return np.asarray(scores[:, 0])
        if self.link == "sigmoid":
            return np.asarray(1 / (1 + np.exp(-scores)))
        shares = np.exp(scores - scores.max(1, keepdims=True))
        return np.asarray(shares / shares.sum(1, keepdims=True))


def baselines_of_classes(X: Sequence[Any], y: Sequence[Any], classes: Sequence[Any]) -> list[Baseline]:
    """For texts or series ``X`` of the classes ``y``: the majority, and logistic regression.

    Texts (strings, or lists of words) are seen as TF-IDF of words or letters, series (T, D) as means, deviations and
    slopes. At most 50,000 rows, and 10 million characters, are learned from.

    >>> found = baselines_of_classes(["good", "bad", "good"], ["+", "-", "+"], ["-", "+"])
    >>> [(one.name, one.answers(["good"]).round(2).tolist()) for one in found]
    [('majority', [[0.33, 0.67]]), ('TF-IDF + logistic regression', [[0.09, 0.91]])]
    """
    from sklearn.linear_model import LogisticRegression

    places = places_of(y, classes)
    counts = np.maximum(np.bincount(places, minlength=len(classes)), 0.5)
    constant = _constant("majority", np.log(counts / counts.sum()), "softmax")
    rows = _drawn(X)
    seen, places = _Seen.of([X[row] for row in rows]), places[rows]
    if not seen.matrix.shape[1] or len(set(places.tolist())) < 2:
        return [constant]
    model = _fitted(LogisticRegression(C=_STRENGTH, max_iter=200, tol=1e-3), seen.matrix, places)
    weight, bias = model.coef_.T, model.intercept_
    if len(model.classes_) == 2:
        weight, bias = np.hstack([0 * weight, weight]), np.array([0.0, bias[0]])
    weights = np.zeros((len(weight), len(classes)))
    biases = np.full(len(classes), bias.min() - np.log(2 * len(rows)))  # of classes that never came
    weights[:, model.classes_], biases[model.classes_] = weight, bias
    return [constant, seen.line("logistic regression", weights, biases, "softmax")]


def baselines_of_labels(X: Sequence[Any], y: Sequence[Sequence[Any]], classes: Sequence[Any]) -> list[Baseline]:
    """The same for rows with any number of labels: the share of each, and one logistic regression a label.

    >>> found = baselines_of_labels(["good", "bad", "good bad"], [["+"], ["-"], ["+", "-"]], ["-", "+"])
    >>> [(one.name, one.answers(["good"]).round(1).tolist()) for one in found]
    [('majority', [[0.7, 0.7]]), ('TF-IDF + logistic regression', [[0.3, 0.9]])]
    """
    from sklearn.linear_model import LogisticRegression

    there = indicators(y, classes)
    share = np.clip(there.mean(0), 0.5 / len(y), 1 - 0.5 / len(y))
    bias = np.log(share / (1 - share))
    constant = _constant("majority", bias, "sigmoid")
    rows = _drawn(X)
    there = there[rows]
    both = [label for label in range(len(classes)) if there[:, label].any() and not there[:, label].all()]
    seen = _Seen.of([X[row] for row in rows])
    if not seen.matrix.shape[1] or not both:
        return [constant]
    weight, bias = np.zeros((seen.matrix.shape[1], len(classes))), bias.copy()
    for label in both:
        model = _fitted(LogisticRegression(C=_STRENGTH, max_iter=200, tol=1e-3), seen.matrix, there[:, label])
        weight[:, label], bias[label] = model.coef_[0], model.intercept_[0]
    return [constant, seen.line("logistic regression", weight, bias, "sigmoid")]


def baselines_of_numbers(X: Sequence[Any], y: Sequence[float]) -> list[Baseline]:
    """For texts or series ``X`` and a number each: the mean, and ridge regression on the same features.

    >>> found = baselines_of_numbers([[[0.0]], [[1.0]], [[2.0]]], [0.0, 1.0, 2.0])
    >>> [(one.name, one.answers([[[3.0]]]).round(1).tolist()) for one in found]
    [('mean', [1.0]), ('ridge regression on means, deviations, slopes', [3.0])]
    """
    from sklearn.linear_model import Ridge, RidgeCV

    numbers = np.asarray(y, dtype=np.float64)
    constant = _constant("mean", numbers.mean(keepdims=True), "none")
    rows = _drawn(X)
    seen = _Seen.of([X[row] for row in rows])
    if not seen.matrix.shape[1] or not np.ptp(numbers):
        return [constant]
    ridge = Ridge(solver="sparse_cg") if isinstance(seen.features, Terms) else RidgeCV(np.logspace(-4, 4, 9))
    model = _fitted(ridge, seen.matrix, numbers[rows])
    return [constant, seen.line("ridge regression", model.coef_[:, None], np.array([model.intercept_]), "none")]


class _Seen(NamedTuple):
    """The features of some rows, each less ``mean`` and in units of ``scale``."""

    features: Features
    matrix: Any
    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, X: Sequence[Any]) -> _Seen:
        if _is_text(X[0]):
            terms = Terms.fit(X)
            matrix = terms.of(X)
            return cls(terms, matrix, np.zeros(matrix.shape[1]), np.ones(matrix.shape[1]))
        features = _features(X)
        matrix = features.of(X)
        mean, scale = matrix.mean(0), matrix.std(0)
        scale[scale <= 1e-12 * np.abs(mean)] = 1.0
        return cls(features, (matrix - mean) / scale, mean, scale)

    def line(self, model: str, weight: Floats, bias: Floats, link: Link) -> Baseline:
        """The baseline over the features as they are, made of a line through those that were scaled."""
        weight = weight / self.scale[:, None]
        bias = bias - self.mean @ weight
        return Baseline(_NAMES[type(self.features)].format(model), self.features, weight.astype(np.float32), bias, link)


def _features(X: Sequence[Any]) -> Features:
    """What is looked at of series, sounds or pictures."""
    if isinstance(X[0], Sound):
        return Heard(usual_rate(X))
    return Pixels() if are_pictures(X) else Summary()


def _constant(name: str, bias: Floats, link: Link) -> Baseline:
    return Baseline(name, Nothing(), np.zeros((0, len(bias)), dtype=np.float32), bias, link)


def _drawn(X: Sequence[Any]) -> list[int]:
    """The rows that are learned from: all, or of very many some that are drawn."""
    order = np.random.default_rng(0).permutation(len(X))[:MOST_ROWS].tolist()
    if not _is_text(X[0]):
        return sorted(order)
    read = np.cumsum([len(text_of(X[row])) for row in order])
    return sorted(order[: max(2, int(np.searchsorted(read, MOST_CHARACTERS, side="right")))])


def _is_text(row: Any) -> bool:
    return isinstance(row, str) or (isinstance(row, Sequence) and len(row) > 0 and isinstance(row[0], str))


def _fitted(model: Any, matrix: Any, targets: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a line that is not quite the best one after 200 steps
        return model.fit(matrix, targets)
