"""A model's answers beside those of its baselines: every figure of both, and what the difference says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.tasks.measures.classes import figures_of_classes, places_of
from seqloom.tasks.measures.intervals import Measure, differences, verdict
from seqloom.tasks.measures.labels import figures_of_labels, indicators
from seqloom.tasks.measures.numbers import figures_of_numbers

__all__ = ["Judgement", "judged_classes", "judged_labels", "judged_numbers"]


class Judgement(NamedTuple):
    """The figures of a model, those of each baseline by its name, and the verdict in a sentence."""

    model: dict[str, float]
    baselines: dict[str, dict[str, float]]
    verdict: str


def judged_classes(
    true: Sequence[Any],
    probabilities: ArrayLike,
    classes: Sequence[Any],
    baselines: Mapping[str, ArrayLike],
    predicted: Sequence[Any] | None = None,
) -> Judgement:
    """Answers about classes (see :func:`figures_of_classes`), judged by macro-F1; ``baselines`` are probabilities too.

    >>> p = [[0.9, 0.1], [0.1, 0.9]] * 20
    >>> print(judged_classes(["a", "b"] * 20, p, ["a", "b"], {"majority": [[0.5, 0.5]] * 40}).verdict)
    The best baseline, majority, is beaten: macro f1 +0.667 (95 %: +0.606 to +0.741).
    """
    places = places_of(true, classes)
    model = np.asarray(probabilities).argmax(1) if predicted is None else places_of(predicted, classes)
    others = {name: np.asarray(p).argmax(1) for name, p in baselines.items()}

    def macro_f1(answers: NDArray[Any]) -> Measure:
        pairs = places * len(classes) + answers
        return lambda rows: _macro_f1(pairs[rows], len(classes))

    return Judgement(
        figures_of_classes(true, probabilities, classes, predicted),
        {name: figures_of_classes(true, p, classes) for name, p in baselines.items()},
        _verdict("macro_f1", len(places), macro_f1(model), {name: macro_f1(found) for name, found in others.items()}),
    )


def judged_labels(
    true: Sequence[Sequence[Any]],
    probabilities: ArrayLike,
    classes: Sequence[Any],
    baselines: Mapping[str, ArrayLike],
    predicted: Sequence[Sequence[Any]] | None = None,
) -> Judgement:
    """Answers about labels (see :func:`figures_of_labels`), judged by micro-F1."""
    there = indicators(true, classes)
    model = np.asarray(probabilities) >= 0.5 if predicted is None else indicators(predicted, classes)
    others = {name: np.asarray(p) >= 0.5 for name, p in baselines.items()}

    def micro_f1(answers: NDArray[Any]) -> Measure:
        right, counted = (there & answers).sum(1), there.sum(1) + answers.sum(1)
        return lambda rows: 2 * right[rows].sum() / counted[rows].sum() if counted[rows].any() else 1.0

    return Judgement(
        figures_of_labels(true, probabilities, classes, predicted),
        {name: figures_of_labels(true, p, classes) for name, p in baselines.items()},
        _verdict("micro_f1", len(there), micro_f1(model), {name: micro_f1(found) for name, found in others.items()}),
    )


def judged_numbers(
    true: ArrayLike, predicted: ArrayLike, baselines: Mapping[str, ArrayLike], sizes: Sequence[int] | None = None
) -> Judgement:
    """Answers that are numbers (see :func:`figures_of_numbers`), judged by the mean absolute error.

    Where several stand one after the other that belong together, as the steps of a series, ``sizes`` says how many: the
    interval is one over series.
    """
    y = np.asarray(true, dtype=np.float64).reshape(-1)
    counts = np.ones(len(y)) if sizes is None else np.asarray(sizes, dtype=np.float64)
    starts = (np.cumsum(counts) - counts).astype(np.int64)

    def error(answers: ArrayLike) -> Measure:
        gaps = np.add.reduceat(np.abs(np.asarray(answers, dtype=np.float64).reshape(-1) - y), starts)
        return lambda rows: float(gaps[rows].sum() / counts[rows].sum())

    figures, errors = figures_of_numbers(y, predicted), {name: error(found) for name, found in baselines.items()}
    return Judgement(
        figures,
        {name: figures_of_numbers(y, found) for name, found in baselines.items()},
        _verdict("mean_absolute_error", len(counts), error(predicted), errors, higher_is_better=False),
    )


def _verdict(
    figure: str,
    rows: int,
    model: Measure,
    baselines: Mapping[str, Measure],
    higher_is_better: bool = True,
) -> str:
    reached = model(np.arange(rows))
    return verdict(figure, differences(rows, model, baselines), higher_is_better, reached)


def _macro_f1(pairs: NDArray[np.int64], classes: int) -> float:
    counts = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    counted = counts.sum(0) + counts.sum(1)
    seen = counted > 0
    return float((2 * counts.diagonal()[seen] / counted[seen]).mean())
