"""Say again what was read long ago."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from seqloom.probes.answers import Answer, ClassAnswer
from seqloom.probes.probe import Baseline, Examples, Measures, Probe

__all__ = ["Copy"]


@final
@dataclass(frozen=True)
class Copy(Probe):
    """Say the symbols of long ago again, in their order.

    Read ``count`` symbols (default 10), keep them over ``delay`` steps (default 1000), then say them. Symbols come
    from 1 … ``symbols`` (default 8); 0 is the blank and ``symbols`` + 1 the signal to begin. The input is the symbols,
    ``delay`` - 1 blanks and ``count`` + 1 signals; the answer is blank until the last ``count`` steps. Every step is
    scored. The copy memory of Hochreiter & Schmidhuber (1997) as in Arjovsky, Shah & Bengio (2016, sec. 5.1) and Bai,
    Kolter & Koltun (2018, sec. 5.1). Solved when 99 of 100 sequences are copied without a mistake.

    Baseline, without a memory: blanks are known and symbols guessed, count · ln(symbols) / (delay + 2 count).

    >>> examples = Copy(count=2, delay=3).draw(1, seed=0)
    >>> examples.inputs.tolist(), examples.targets.tolist()
    ([[7, 6, 0, 0, 9, 9, 9]], [[0, 0, 0, 0, 0, 7, 6]])
    >>> round(Copy().baseline().loss, 4)
    0.0204
    """

    delay: int = 1000
    count: int = 10
    symbols: int = 8

    name = "copy"

    @property
    def in_features(self) -> int:
        return self.symbols + 2

    @property
    def answer(self) -> Answer:
        return ClassAnswer(self.symbols + 1)

    @property
    def length(self) -> int:
        """All steps of a sequence."""
        return self.delay + 2 * self.count

    def baseline(self) -> Baseline:
        guessed = self.count / self.length
        return Baseline(guessed * math.log(self.symbols), 1 - guessed * (1 - 1 / self.symbols))

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return measures.whole >= 0.99

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        symbols = torch.from_numpy(rng.integers(1, self.symbols + 1, size=(count, self.count)))
        inputs = torch.zeros(count, self.length, dtype=torch.int64)
        inputs[:, : self.count] = symbols
        inputs[:, -self.count - 1 :] = self.symbols + 1
        targets = torch.zeros_like(inputs)
        targets[:, -self.count :] = symbols
        return Examples(inputs, targets, torch.ones_like(inputs, dtype=torch.bool))
