"""Look up the value that was read with a key: multi-query associative recall."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from seqloom.probes.answers import Answer, ClassAnswer
from seqloom.probes.probe import Baseline, Examples, Measures, Probe

__all__ = ["AssociativeRecall"]

_POWER = 0.01


@final
@dataclass(frozen=True)
class AssociativeRecall(Probe):
    """Give the value of a key that comes again (multi-query associative recall).

    A sequence of ``length`` tokens (default 64) begins with ``pairs`` (default 4) of key and value; with V =
    ``symbols`` (default 8192), keys are different tokens from 1 … V/2 - 1, values different ones from V/2 … V - 1.
    Each key comes once more, on an even place after the pairs, the g-th of these having the weight g^-0.99, so that
    near ones are likelier. All other tokens are noise. Scored where a key comes again (Arora et al., "Zoology", 2024,
    sec. 4). The paper plots accuracy, attention being at 1; solved here means 99 of 100 values right.

    Baseline: any of the V/2 values.

    >>> examples = AssociativeRecall(length=16, pairs=2, symbols=12).draw(1, seed=0)
    >>> examples.inputs[0, :4].tolist(), examples.targets[examples.scored].tolist()
    ([5, 9, 3, 7], [7, 9])
    """

    length: int = 64
    pairs: int = 4
    symbols: int = 8192

    name = "mqar"

    @property
    def in_features(self) -> int:
        return self.symbols

    @property
    def answer(self) -> Answer:
        return ClassAnswer(self.symbols)

    def baseline(self) -> Baseline:
        values = self.symbols - self.symbols // 2
        return Baseline(math.log(values), 1 / values)

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return measures.accuracy >= 0.99

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        half, context = self.symbols // 2, 2 * self.pairs
        keys = 1 + _distinct(half - 1, count, self.pairs, rng)
        values = half + _distinct(self.symbols - half, count, self.pairs, rng)
        near = np.arange(1, (self.length - context) // 2 + 1) ** (_POWER - 1)
        places = context + 2 * _weighted(near, count, self.pairs, rng)
        inputs = rng.integers(self.symbols, size=(count, self.length))
        inputs[:, 0:context:2], inputs[:, 1:context:2] = keys, values
        np.put_along_axis(inputs, places, keys, axis=1)
        targets, scored = np.zeros_like(inputs), np.zeros(inputs.shape, dtype=bool)
        np.put_along_axis(targets, places, values, axis=1)
        np.put_along_axis(scored, places, True, axis=1)
        return Examples(torch.from_numpy(inputs), torch.from_numpy(targets), torch.from_numpy(scored))

    def _problems(self) -> Iterator[str]:
        if self.length < 4 * self.pairs:
            yield f"mqar: {self.pairs} pairs and their queries need a length of {4 * self.pairs}; got {self.length}."
        if self.symbols < 2 * self.pairs + 2:
            yield f"mqar: {self.pairs} pairs need at least {2 * self.pairs + 2} symbols; got {self.symbols}."


def _distinct(among: int, count: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw (count, size) numbers below ``among``, different ones in a row, all choices equally likely."""
    chosen = np.empty((count, size), dtype=np.int64)
    for k in range(size):
        place = rng.integers(among - k, size=count)  # a place among those that are left
        for earlier in np.sort(chosen[:, :k], axis=1).T:
            place += place >= earlier
        chosen[:, k] = place
    return chosen


def _weighted(weights: np.ndarray, count: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw (count, size) different places of ``weights`` (N,), one after the other, each by the weights of the rest.

    The first to come of N waiting times with these rates (Efraimidis & Spirakis, 2006).
    """
    times = rng.standard_exponential((count, len(weights))) / weights
    return np.argsort(times, axis=1)[:, :size]
