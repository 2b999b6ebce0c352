"""Look up the value that was read with a key: multi-query associative recall."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from seqloom.probes.answers import Answer, Choice
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
    ([4, 7, 3, 8], [7, 8])
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
        return Choice(self.symbols)

    def baseline(self) -> Baseline:
        values = self.symbols - self.symbols // 2
        return Baseline(math.log(values), 1 / values)

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return measures.accuracy >= 0.99

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        half, context = self.symbols // 2, 2 * self.pairs
        keys = 1 + _distinct(np.zeros(half - 1), count, self.pairs, rng)
        values = half + _distinct(np.zeros(self.symbols - half), count, self.pairs, rng)
        near = (_POWER - 1) * np.log(np.arange(1, (self.length - context) // 2 + 1))
        places = context + 2 * _distinct(near, count, self.pairs, rng)
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


def _distinct(logits: np.ndarray, count: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw (count, size) different places of ``logits`` (N,), likelier where it is larger.

    The largest of logits + Gumbel noise are a sample without replacement (Kool, van Hoof & Welling, 2019, sec. 2.2).
    """
    keys = logits - np.log(rng.standard_exponential((count, len(logits))))
    largest = np.argpartition(keys, -size, axis=1)[:, -size:]
    order = np.argsort(-np.take_along_axis(keys, largest, axis=1), axis=1)
    return np.take_along_axis(largest, order, axis=1)
