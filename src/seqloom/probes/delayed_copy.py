"""Say at every step what was read some steps ago."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from seqloom.probes.answers import Answer, ClassAnswer
from seqloom.probes.probe import Baseline, Examples, Measures, Probe

__all__ = ["DelayedCopy"]


@final
@dataclass(frozen=True)
class DelayedCopy(Probe):
    """Say at every step the symbol that was read some steps before.

    A stream of ``length`` (default 100) symbols, each one of ``symbols`` (default 4); from step ``delay`` on (default
    20, counted from 0) the symbol of ``delay`` steps ago is asked. A model must hold ``delay`` symbols at once and let
    each go in time: the short-term memory of Jaeger (2001, GMD report 152), with symbols in place of numbers. Solved
    when 99 of 100 symbols are right.

    Baseline: any symbol.

    >>> examples = DelayedCopy(length=6, delay=4).draw(1, seed=0)
    >>> examples.inputs.tolist(), examples.targets[examples.scored].tolist()
    ([[3, 2, 2, 1, 1, 0]], [3, 2])
    """

    delay: int = 20
    length: int = 100
    symbols: int = 4

    name = "delayed-copy"

    @property
    def in_features(self) -> int:
        return self.symbols

    @property
    def answer(self) -> Answer:
        return ClassAnswer(self.symbols)

    def baseline(self) -> Baseline:
        return Baseline(math.log(self.symbols), 1 / self.symbols)

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return measures.accuracy >= 0.99

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        inputs = torch.from_numpy(rng.integers(self.symbols, size=(count, self.length)))
        targets = torch.zeros_like(inputs)
        targets[:, self.delay :] = inputs[:, : self.length - self.delay]
        scored = torch.zeros_like(inputs, dtype=torch.bool)
        scored[:, self.delay :] = True
        return Examples(inputs, targets, scored)

    def _problems(self) -> Iterator[str]:
        if self.delay >= self.length:
            yield f"delayed-copy: expected a delay below the length {self.length}, got {self.delay}."
