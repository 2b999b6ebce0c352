"""What is on where a pattern is, of all units and of directions of few: with what the same search finds by chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import UsageError
from seqloom.inspection.units.direction import Direction, standardised
from seqloom.inspection.units.sparse import sparse_weights

__all__ = ["Search", "areas", "ranks", "search_direction", "search_patterns", "search_units"]

Numbers = NDArray[np.floating]
Labels = NDArray[np.bool_]


@dataclass(frozen=True)
class Search:
    """The directions that track a pattern best, beside the same search for a pattern that is not there.

    ``tried`` is how many units were looked at, ``positive`` the share of steps with the pattern; ``control`` is the
    best of the search for the pattern at shuffled steps.
    """

    best: tuple[Direction, ...]
    control: Direction
    tried: int
    positive: float

    def __str__(self) -> str:
        first = self.best[0]
        return (
            f"{first}: AUC {first.area:.3f} on held-out steps, the best of {self.tried} units "
            f"({self.positive:.1%} of the steps have the pattern); the same search for a shuffled pattern: "
            f"{self.control.area:.3f}"
        )


def search_units(states: Numbers, labels: Labels, count: int = 5, seed: int = 0) -> Search:
    """The ``count`` units of ``states`` (N, S) that best tell the steps where ``labels`` (N,) are true.

    They are chosen by the first half of the steps and judged by the second, so that the best of many is no better than
    it is. UsageError where a half has no step with the pattern, or none without.

    >>> noise = np.random.default_rng(0).normal(size=(400, 30))
    >>> labels = np.arange(400) % 7 < 3
    >>> noise[:, 12] -= 4 * labels
    >>> found = search_units(noise, labels)
    >>> found.best[0].units, found.best[0].weights, found.best[0].area > 0.95, found.control.area < 0.6
    ((12,), (-1.0,), True, True)
    """
    return search_patterns(states, {"": labels}, count, seed)[""]


def search_patterns(
    states: Numbers, patterns: Mapping[str, Labels], count: int = 5, seed: int = 0
) -> dict[str, Search]:
    """:func:`search_units` for several patterns, by their names; what they share is done once."""
    for labels in patterns.values():
        _check(states, labels)
    half = len(states) // 2
    first = ranks(states[:half])

    def chosen(labels: Labels) -> tuple[Direction, ...]:
        found = areas(first, labels[:half])
        order = np.argsort(-np.abs(found - 0.5), kind="stable")[:count]
        signs = np.where(found[order] >= 0.5, 1.0, -1.0)
        judged = areas(ranks(signs * states[half:][:, order]), labels[half:])
        each = zip(order.tolist(), signs.tolist(), judged.tolist(), strict=True)
        return tuple(Direction((unit,), (sign,), area) for unit, sign, area in each)

    return {name: _searched(chosen, states, labels, seed) for name, labels in patterns.items()}


def search_direction(states: Numbers, labels: Labels, most: int = 10, seed: int = 0) -> Search:
    """The direction of at most ``most`` units, and of a quarter of all, that best tells the steps with the pattern.

    It is a logistic probe with an L1 penalty (:func:`sparse_weights`), fitted on the first half of the steps and judged
    by the second. UsageError as for :func:`search_units`.

    >>> noise = np.random.default_rng(0).normal(size=(800, 30))
    >>> found = search_direction(noise, noise[:, 4] + noise[:, 7] + noise[:, 9] > 0)
    >>> set(found.best[0].units) >= {4, 7, 9}, found.best[0].area > 0.95, found.control.area < 0.6
    (True, True, True)
    """
    _check(states, labels)
    allowed = max(1, min(most, states.shape[1] // 4))

    def chosen(labels: Labels) -> tuple[Direction, ...]:
        half = len(labels) // 2
        weights = sparse_weights(standardised(states[:half]), labels[:half], allowed)
        used = np.flatnonzero(weights)
        along = standardised(states[half:], states[:half])[:, used] @ weights[used]
        area = float(areas(ranks(along[:, None]), labels[half:])[0])
        return (Direction(tuple(used.tolist()), tuple(weights[used].tolist()), area),)

    return _searched(chosen, states, labels, seed)


def _check(states: Numbers, labels: Labels) -> None:
    if len(states) != len(labels):
        raise UsageError(f"There are {len(states):,} states and {len(labels):,} labels; one for each is expected.")
    half = len(labels) // 2
    for name, part in (("first", labels[:half]), ("second", labels[half:])):
        if part.all() or not part.any():
            raise UsageError(
                f"In the {name} half of the text the pattern is {'everywhere' if part.any() else 'nowhere'}, so there "
                "is nothing to tell apart. Give a longer text, or another pattern."
            )


def _searched(chosen: Callable[[Labels], tuple[Direction, ...]], states: Numbers, labels: Labels, seed: int) -> Search:
    shuffled = np.random.default_rng(seed).permutation(labels)
    return Search(chosen(labels), chosen(shuffled)[0], states.shape[1], float(labels.mean()))


def ranks(states: Numbers) -> NDArray[np.float64]:
    """The place of each of N states (N, S) among those of its unit, from 1; equal ones share theirs.

    >>> ranks(np.array([[3.0], [1], [1]])).tolist()
    [[3.0], [1.5], [1.5]]
    """
    found = np.empty(states.shape)
    for unit in range(states.shape[1]):
        _, places, counts = np.unique(states[:, unit], return_inverse=True, return_counts=True)
        found[:, unit] = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return found


def areas(ranked: NDArray[np.float64], labels: Labels) -> NDArray[np.float64]:
    """The area under each unit's ROC curve, by ranks (N, S) with ties counted half (Mann & Whitney, 1947).

    It is the chance that the unit is higher at a step with the pattern than at one without.

    >>> areas(ranks(np.array([[1.0, 3], [2, 2], [3, 1]])), np.array([False, False, True])).tolist()
    [1.0, 0.0]
    """
    positive = int(labels.sum())
    negative = len(labels) - positive
    if not positive or not negative:
        return np.full(ranked.shape[1], 0.5)
    found: NDArray[np.float64] = (labels @ ranked - positive * (positive + 1) / 2) / (positive * negative)
    return found
