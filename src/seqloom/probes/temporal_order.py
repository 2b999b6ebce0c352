"""Which came first? Classes of widely separated symbols."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from seqloom.probes.answers import Answer, ClassAnswer
from seqloom.probes.probe import Baseline, Examples, Measures, Probe

__all__ = ["TemporalOrder"]

_PLACES = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}


@final
@dataclass(frozen=True)
class TemporalOrder(Probe):
    """Tell the order of X and Y that stand far apart among other symbols.

    Symbols are E, B, a, b, c, d, X, Y. A sequence begins with E, ends with B and has ``length`` to 1.1 ``length``
    (default 100) symbols, drawn from a to d but for ``marks`` (2 or 3, default 2) that are X or Y, at places between
    10 and 20 and between 50 and 60 hundredths of ``length``; with three marks 10 to 20, 33 to 43 and 66 to 76. The
    class, one of 2^``marks``, is asked at the end. Experiments 6a and 6b of Hochreiter & Schmidhuber (1997, sec. 5.6),
    where 1 or 2 of 2560 sequences were wrong in the end; solved here means at most 1 of 1000, by the likeliest class.

    Baseline: any class.

    >>> examples = TemporalOrder(length=20).draw(1, seed=0)
    >>> "".join("EBabcdXY"[token] for token in examples.inputs[0]), int(examples.targets[examples.scored])
    ('EcbbXaaadcdXcdccccdbdB', 0)
    """

    length: int = 100
    marks: int = 2

    name = "temporal-order"

    @property
    def in_features(self) -> int:
        return 8

    @property
    def answer(self) -> Answer:
        return ClassAnswer(2**self.marks)

    def baseline(self) -> Baseline:
        return Baseline(self.marks * math.log(2), 0.5**self.marks)

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return measures.accuracy >= 0.999

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        most = self.length + self.length // 10
        lengths = rng.integers(self.length, most + 1, size=(count, 1))
        tokens = rng.integers(2, 6, size=(count, most))
        marks = rng.integers(2, size=(count, self.marks))
        for k, (low, high) in enumerate(_PLACES[self.marks]):
            places = rng.integers(low * self.length // 100, high * self.length // 100 + 1, size=count)
            tokens[np.arange(count), places] = 6 + marks[:, k]
        steps = np.arange(most)
        last = steps == lengths - 1
        tokens[steps >= lengths] = 0
        tokens[:, 0], tokens[last] = 0, 1
        classes = marks @ (1 << np.arange(self.marks)[::-1])
        parts = (tokens, np.where(last, classes[:, None], 0), last, lengths[:, 0])
        return Examples(*(torch.from_numpy(part) for part in parts))

    def _problems(self) -> Iterator[str]:
        if self.marks not in _PLACES:
            yield f"temporal-order: expected 2 or 3 marks, got {self.marks!r}."
        if self.length < 10:
            yield f"temporal-order: expected a length of at least 10, got {self.length}."
