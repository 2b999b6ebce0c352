"""What a classifier knows of its classes: their names, the temperature of its scores, and its thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import DataError, warn
from seqloom.tasks.measures import (
    choose_threshold,
    confusion_counts,
    confusion_text,
    indicators,
    judged_classes,
    judged_labels,
    places_of,
    temperature_of_classes,
    temperature_of_labels,
)
from seqloom.tasks.measures.judged import Judgement
from seqloom.tasks.tables.predicting import unseen_remark

__all__ = ["Known", "in_order", "plain_labels"]

Floats = NDArray[np.float64]
_EVEN = 0.5
_ENOUGH = 30


@dataclass(frozen=True)
class Known:
    """``classes`` (C,), or with ``several`` the labels that an example may have; p = softmax(scores / temperature), or
    σ. A row is of the second of two classes from ``thresholds[0]`` on; it has label c from ``thresholds[c]`` on.

    >>> known = Known(["no", "yes"], thresholds=[0.3])
    >>> known.decided(known.probabilities(np.log([[0.6, 0.4], [0.8, 0.2]]))).tolist()
    ['yes', 'no']
    """

    classes: Sequence[Any]
    several: bool = False
    temperature: float = 1.0
    thresholds: Sequence[float] = ()

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """From the facts of a classifier."""
        return cls(facts["classes"], facts["several"], facts.get("temperature", 1.0), facts.get("thresholds", ()))

    @property
    def names(self) -> NDArray[Any]:
        """The classes as an array."""
        alike = len({type(one) for one in self.classes}) == 1
        return np.array(self.classes, dtype=None if alike else object)

    def encoded(self, y: Sequence[Any]) -> NDArray[Any]:
        """The number of each class (N,), or which labels there are (N, L) as float32; a new class is −1, a new label
        is in no column."""
        if not self.several:
            new = set(self.unseen(y))
            places = np.full(len(y), -1, dtype=np.int64)
            seen = [place for place, one in enumerate(y) if one not in new]
            places[seen] = places_of([y[place] for place in seen], self.classes)
            return places
        if not all(isinstance(one, list) for one in y):
            raise DataError("y: expected a list of labels for each example, as in training.")
        known = set(self.classes)
        return indicators([[label for label in one if label in known] for one in y], self.classes).astype(np.float32)

    def unseen(self, y: Sequence[Any]) -> list[Any]:
        """The classes or labels that were not there to learn from, in order."""
        labels = {label for one in y for label in one} if self.several else set(y)
        return in_order(labels - set(self.classes))

    def warn_of_unseen(self, y: Sequence[Any]) -> None:
        """Warn of classes or labels that were not there to learn from."""
        if new := set(self.unseen(y)):
            count = sum(not new.isdisjoint(one) if self.several else one in new for one in y)
            warn(unseen_remark(count, in_order(new)))

    def probabilities(self, scores: Floats) -> Floats:
        """Scores (N, C) → probabilities (N, C)."""
        z = scores / self.temperature
        if self.several:
            found: Floats = np.exp(-np.logaddexp(0.0, -z))
            return found
        shares: Floats = np.exp(z - z.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        return shares

    def decided(self, probabilities: Floats) -> Any:
        """What is said of each row: its class (N,), or a list of its labels."""
        if self.several:
            there = probabilities >= (np.array(self.thresholds) if len(self.thresholds) else _EVEN)
            return [[self.classes[k] for k in np.flatnonzero(row).tolist()] for row in there]
        if len(self.thresholds):
            return self.names[(probabilities[:, 1] >= self.thresholds[0]).astype(int)]
        return self.names[probabilities.argmax(1)]

    def chosen(self, y: Sequence[Any], scores: Floats, rule: float | str | None) -> dict[str, Any]:
        """The temperature and the thresholds that suit the scores of examples that were not learned from.

        The temperature stays 1 where these are few, or none of them is wrong: nothing says how sure one may be.
        """
        truth = self.encoded(y)
        if not self.several:
            scores, truth = scores[truth >= 0], truth[truth >= 0]
        wrong = (scores > 0) != (truth > 0) if self.several else scores.argmax(1) != truth
        found: dict[str, Any] = {"temperature": 1.0}
        if len(truth) >= _ENOUGH and wrong.any():
            find = temperature_of_labels if self.several else temperature_of_classes
            found["temperature"] = find(scores, truth.astype(bool) if self.several else truth)
        if rule is None:
            return found
        p = Known(self.classes, self.several, found["temperature"]).probabilities(scores)
        columns = range(len(self.classes)) if self.several else [1]
        return found | {
            "thresholds": [
                _threshold(rule, truth[:, column] > 0 if self.several else truth == 1, p[:, column])
                for column in columns
            ]
        }

    def judged(self, y: Sequence[Any], probabilities: Floats, baselines: Mapping[str, NDArray[Any]]) -> Judgement:
        """Every figure of probabilities, beside those of ``baselines``; those of what was not learned are 0."""
        judge = judged_labels if self.several else judged_classes
        classes = [*self.classes, *self.unseen(y)]
        others = {name: _widened(p, len(classes)) for name, p in baselines.items()}
        return judge(y, _widened(probabilities, len(classes)), classes, others, self.decided(probabilities))

    def confusion(self, y: Sequence[Any], probabilities: Floats) -> str:
        """Which class is taken for which, as text; nothing for labels."""
        if self.several:
            return ""
        classes = [*self.classes, *self.unseen(y)]
        return confusion_text(confusion_counts(y, self.decided(probabilities), classes), classes)


def _widened(probabilities: NDArray[Any], width: int) -> NDArray[Any]:
    return np.pad(probabilities, ((0, 0), (0, width - probabilities.shape[1])))


def plain_labels(y: Iterable[Any]) -> list[Any]:
    """Labels as JSON has them, or for each example a list of labels, each once. DataError for what is neither.

    >>> plain_labels(np.array([1, 2])), plain_labels([("b", "a", "b"), ()])
    ([1, 2], [['b', 'a'], []])
    """
    found = [_plain(place, one) for place, one in enumerate(y)]
    if len({isinstance(one, list) for one in found if one is not None}) > 1:
        raise DataError("y: expected a class for each example, or a list of labels for each; got both.")
    return found


def in_order(classes: Iterable[Any]) -> list[Any]:
    """The classes, sorted.

    >>> in_order({"b", "a"}), in_order({10, 9})
    (['a', 'b'], [9, 10])
    """
    return sorted(classes, key=lambda one: (isinstance(one, str), one))


def _plain(place: int, one: Any) -> Any:
    if isinstance(one, str) or one is None:
        return None if one is None else str(one)
    if isinstance(one, list | tuple | set | frozenset) or (isinstance(one, np.ndarray) and one.ndim == 1):
        return list(dict.fromkeys(_plain(place, label) for label in one))
    value = one.item() if hasattr(one, "item") else one
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isnan(value)):
        return value
    raise DataError(
        f"y: row {place:,}: expected a class (text or a whole number), or a list of labels, got the "
        f"continuous {one!r}. For numbers there is Regressor."
    )


def _threshold(rule: float | str, positive: NDArray[np.bool_], probabilities: Floats) -> float:
    try:
        return choose_threshold(rule, positive, probabilities)
    except DataError as error:
        warn(f"{error} Until then it is {_EVEN}.")
        return _EVEN
