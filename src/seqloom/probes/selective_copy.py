"""Copy what matters out of noise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from seqloom.probes.answers import Answer, ClassAnswer
from seqloom.probes.probe import Baseline, Examples, Measures, Probe

__all__ = ["SelectiveCopy"]


@final
@dataclass(frozen=True)
class SelectiveCopy(Probe):
    """Say the symbols that stand scattered among blanks, in their order.

    ``count`` symbols (default 16) from 1 … ``symbols`` (default 14) stand at random places of the first ``length``
    steps (default 256), all else being the blank 0; then come ``count`` signals, ``symbols`` + 1, at each of which one
    symbol is asked. What has to be kept depends on the input, which a recurrence with fixed decays cannot choose
    (Gu & Dao, "Mamba", 2024, sec. 4.1.1, with length 4096, 16 tokens to keep and a vocabulary of 16). The paper gives
    the share of symbols that are right; solved here means 99 of 100.

    Baseline: any symbol.

    >>> examples = SelectiveCopy(length=6, count=2, symbols=3).draw(1, seed=0)
    >>> examples.inputs.tolist(), examples.targets[examples.scored].tolist()
    ([[0, 3, 2, 0, 0, 0, 4, 4]], [3, 2])
    """

    length: int = 256
    count: int = 16
    symbols: int = 14

    name = "selective-copy"

    @property
    def in_features(self) -> int:
        return self.symbols + 2

    @property
    def answer(self) -> Answer:
        return ClassAnswer(self.symbols + 1)

    def baseline(self) -> Baseline:
        return Baseline(math.log(self.symbols), 1 / self.symbols)

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return measures.accuracy >= 0.99

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        symbols = rng.integers(1, self.symbols + 1, size=(count, self.count))
        places = np.sort(rng.random((count, self.length)).argsort(1)[:, : self.count], axis=1)
        inputs = np.full((count, self.length + self.count), self.symbols + 1)
        inputs[:, : self.length] = 0
        np.put_along_axis(inputs, places, symbols, axis=1)
        targets = np.zeros_like(inputs)
        targets[:, self.length :] = symbols
        return Examples(*(torch.from_numpy(part) for part in (inputs, targets, inputs == self.symbols + 1)))

    def _problems(self) -> Iterator[str]:
        if self.count > self.length:
            yield f"selective-copy: {self.count} symbols need a length of at least that; got {self.length}."
