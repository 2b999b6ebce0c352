"""Count models of ids: the baselines that a neural model has to beat.

Witten-Bell interpolation (Witten and Bell, 1991; Chen and Goodman, 1998), from no context up to n - 1 ids:

    P(w | c) = (N(c w) + T(c) P(w | c')) / (N(c) + T(c)),     P(w) below all contexts = 1 / V

N(c w): times w followed c; N(c): times anything did; T(c): the different ids that did; c': c without its
first id; V: the size of the vocabulary. Order 0 is the uniform model, 1 the unigram, 2 the bigram model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import UsageError

__all__ = ["Bigram", "Uniform", "Unigram", "WittenBell"]

_MOST_TOKENS = 2_000_000
_SAMPLES = 20
_BLOCK = 1 << 20

Integers = NDArray[np.integer[Any]]


class _Level(NamedTuple):
    """The k-grams seen: a key is (index of the first k - 1 ids) * V + the last id."""

    keys: NDArray[np.int64]  # (K,) sorted
    counts: NDArray[np.int64]  # (K,)
    context_counts: NDArray[np.int64]  # (C,) N(c)
    context_types: NDArray[np.int64]  # (C,) T(c)


class WittenBell:
    """An interpolated n-gram model of ``vocabulary_size`` ids.

    >>> model = WittenBell(2, vocabulary_size=3).fit([0, 1, 0, 1, 0, 2])
    >>> model.next_probabilities([0]).round(3).tolist()
    [0.178, 0.533, 0.289]
    """

    def __init__(self, order: int, vocabulary_size: int) -> None:
        if order < 0 or vocabulary_size < 1:
            raise UsageError(f"Expected order >= 0 and a vocabulary, got {order} and {vocabulary_size}.")
        self.order = order
        self.vocabulary_size = vocabulary_size
        self._levels: list[_Level] = []

    def fit(self, ids: ArrayLike) -> WittenBell:
        """Count the ids (N,); of more than two million, evenly spread stretches of as many."""
        ids = self._checked(_sampled(np.asarray(ids)))
        self._levels = []
        contexts = np.zeros(len(ids), np.int64)
        number = 1
        for _ in range(min(self.order, len(ids))):
            seen = contexts * self.vocabulary_size + ids[len(ids) - len(contexts) :]
            keys, places, counts = np.unique(seen, return_inverse=True, return_counts=True)
            self._levels.append(self._level(keys, counts.astype(np.int64), number))
            contexts, number = places[:-1].astype(np.int64), len(keys)
        return self

    def lower(self, order: int) -> WittenBell:
        """The model of a lower order over the same counts."""
        model = WittenBell(min(order, self.order), self.vocabulary_size)
        model._levels = self._levels[:order]
        return model

    def counts(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """For each length of n-gram its keys (K,), ascending, and how often it was seen (K,)."""
        return [(level.keys, level.counts) for level in self._levels]

    @classmethod
    def from_counts(
        cls, vocabulary_size: int, counts: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
    ) -> WittenBell:
        """The inverse of :meth:`counts`; ValueError for what no text can have given.

        >>> model = Bigram(3).fit([0, 1, 0, 1, 0, 2])
        >>> again = WittenBell.from_counts(3, model.counts())
        >>> bool((again.next_probabilities([0]) == model.next_probabilities([0])).all())
        True
        """
        model = WittenBell(len(counts), vocabulary_size)
        number = 1
        for keys, times in counts:
            if keys.ndim != 1 or keys.shape != times.shape or not len(keys) or times.min() < 1:
                raise ValueError("Expected one count of at least 1 for each key.")
            if keys[0] < 0 or keys[-1] >= number * vocabulary_size or (np.diff(keys) <= 0).any():
                raise ValueError(f"Expected ascending keys below {number * vocabulary_size}.")
            model._levels.append(model._level(keys, times, number))
            number = len(keys)
        return model

    def _checked(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ids themselves; UsageError for any that is not in the vocabulary."""
        if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < self.vocabulary_size:
            raise UsageError(f"Expected ids from 0 to {self.vocabulary_size - 1}; got {ids.min()} to {ids.max()}.")
        return ids

    def _level(self, keys: NDArray[np.int64], counts: NDArray[np.int64], contexts: int) -> _Level:
        owners = keys // self.vocabulary_size
        total = np.bincount(owners, counts, minlength=contexts).astype(np.int64)
        return _Level(keys, counts, total, np.bincount(owners, minlength=contexts).astype(np.int64))

    def nats(self, ids: ArrayLike) -> NDArray[np.float64]:
        """(N - 1,) -log P of each id after the first, given those before it."""
        ids = np.asarray(ids)
        return np.concatenate([np.zeros(0), *self._blocks(ids)])

    def nats_per_token(self, ids: ArrayLike, without: int | None = None) -> float:
        """The mean of :meth:`nats`, over all ids but ``without``, which then is only context."""
        ids = np.asarray(ids)
        total, count = 0.0, 0
        for number, nats in enumerate(self._blocks(ids)):
            first = 1 + number * _BLOCK
            kept = slice(None) if without is None else ids[first : first + _BLOCK] != without
            total += float(nats[kept].sum())
            count += len(nats[kept])
        if not count:
            raise UsageError(f"Expected at least 2 ids (the first one is only context), got {len(ids)}.")
        return total / count

    def seen(self, ids: ArrayLike) -> list[NDArray[np.int64]]:
        """For each length n of n-gram how often that which ends at each id (N,) was seen; 0 where n are not there.

        >>> [counts.tolist() for counts in Bigram(3).fit([0, 1, 0, 1, 0, 2]).seen([0, 1, 1])]
        [[3, 2, 2], [0, 2, 0]]
        """
        given = self._checked(np.asarray(ids).astype(np.int64))
        found, contexts = [], np.zeros(len(given), np.int64)
        for level in self._levels:
            places = self._interpolate(level, contexts, given, np.zeros(len(given)))
            found.append(np.where(places >= 0, level.counts[np.maximum(places, 0)], 0))
            contexts = np.concatenate(([-1], places[:-1]))
        return found

    def next_probabilities(self, context: ArrayLike) -> NDArray[np.float64]:
        """(V,) P(w | the last ids of the context) of every id w; they sum to 1."""
        before = self._checked(np.asarray(context, np.int64).reshape(-1))
        before = before[max(0, len(before) - max(0, self.order - 1)) :]
        words = np.arange(self.vocabulary_size)
        rows = np.concatenate((np.broadcast_to(before, (len(words), len(before))), words[:, None]), axis=1)
        return self._probabilities(rows)

    def _blocks(self, ids: Integers) -> Iterator[NDArray[np.float64]]:
        reach = max(1, self.order - 1)
        for start in range(1, len(ids), _BLOCK):
            first = max(0, start - reach)
            block = self._checked(ids[first : start + _BLOCK].astype(np.int64))
            yield -np.log(self._stream_probabilities(block)[start - first :])

    def _stream_probabilities(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """(N,) of each id given at most order - 1 ids before it."""
        contexts = np.zeros(len(ids), np.int64)
        probabilities = np.full(len(ids), 1 / self.vocabulary_size)
        for level in self._levels:
            contexts = self._interpolate(level, contexts, ids, probabilities)
            contexts = np.concatenate(([-1], contexts[:-1]))
        return probabilities

    def _probabilities(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(R,) of the last id of each row given the ids before it in the row."""
        probabilities = np.full(len(rows), 1 / self.vocabulary_size)
        contexts = np.zeros(len(rows), np.int64)
        width = rows.shape[1]
        indices = [contexts] * width
        for number, level in enumerate(self._levels[:width]):
            for place in range(width - 1, number - 1, -1):
                before = indices[place - 1] if number else contexts
                scores = probabilities if place == width - 1 else np.ones(len(rows))
                indices[place] = self._interpolate(level, before, rows[:, place], scores)
        return probabilities

    def _interpolate(
        self, level: _Level, contexts: NDArray[np.int64], ids: NDArray[np.int64], scores: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Update ``scores`` where the context was seen; return the index of context + id, or -1."""
        owner = np.maximum(contexts, 0)
        keys = owner * self.vocabulary_size + ids
        places = np.minimum(np.searchsorted(level.keys, keys), len(level.keys) - 1)
        found = (level.keys[places] == keys) & (contexts >= 0)
        count, types = level.context_counts[owner], level.context_types[owner]
        known = (contexts >= 0) & (count > 0)
        mixed = (np.where(found, level.counts[places], 0) + types * scores) / np.maximum(count + types, 1)
        np.copyto(scores, mixed, where=known)
        return np.where(found, places, -1)


class Uniform(WittenBell):
    """Every id is as likely: log V nats per token."""

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__(0, vocabulary_size)


class Unigram(WittenBell):
    """Each id by its share, whatever came before."""

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__(1, vocabulary_size)


class Bigram(WittenBell):
    """Each id given the one before it."""

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__(2, vocabulary_size)


def _sampled(ids: Integers) -> NDArray[np.int64]:
    if len(ids) <= _MOST_TOKENS:
        return ids.astype(np.int64)
    size = _MOST_TOKENS // _SAMPLES
    starts = [math.floor((len(ids) - size) * part / (_SAMPLES - 1)) for part in range(_SAMPLES)]
    return np.concatenate([ids[start : start + size] for start in starts]).astype(np.int64)
