"""How deep in brackets is each symbol?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self, final

import numpy as np
import torch

from seqloom.probes.answers import Answer, ClassAnswer
from seqloom.probes.probe import Baseline, Examples, Measures, Probe

__all__ = ["BracketDepth"]


@final
@dataclass(frozen=True)
class BracketDepth(Probe):
    """Say after every bracket how many are open.

    A bracket opens (0) or closes (1) with equal chances; with none open it opens, with ``deepest`` open (default 8) it
    closes. Beginnings of one-type bracket strings of ``length`` brackets (default 50), the dynamic counting of Suzgun
    et al. ("LSTM networks can perform dynamic counting", 2019), who count a string as right if every step is, and ask
    for longer strings than were learned. Solved when 99 of 100 strings of up to ``longest`` (default 200) are right.

    Baseline: the likeliest depth at each step.

    >>> examples = BracketDepth(length=6).draw(1, seed=0)
    >>> "".join("()"[token] for token in examples.inputs[0]), examples.targets.tolist()
    ('()((((', [[1, 0, 1, 2, 3, 4]])
    """

    length: int = 50
    longest: int = 200
    deepest: int = 8

    name = "bracket-depth"

    @property
    def in_features(self) -> int:
        return 2

    @property
    def answer(self) -> Answer:
        return ClassAnswer(self.deepest + 1)

    def longer(self) -> Self | None:
        return replace(self, length=self.longest) if self.longest > self.length else None

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return (longer or measures).whole >= 0.99

    def baseline(self) -> Baseline:
        up = np.full(self.deepest + 1, 0.5)
        up[0], up[-1] = 1, 0
        step = np.diag(up[:-1], 1) + np.diag(1 - up[1:], -1)
        depths = np.eye(1, self.deepest + 1)[0]
        loss, accuracy = 0.0, 0.0
        for _ in range(self.length):
            depths = depths @ step
            reached = depths[depths > 0]
            loss -= float(reached @ np.log(reached))
            accuracy += float(depths.max())
        return Baseline(loss / self.length, accuracy / self.length)

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        coins = rng.integers(2, size=(self.length, count), dtype=np.int64)
        depths = np.zeros((self.length + 1, count), dtype=np.int64)
        for t, coin in enumerate(coins):
            closes = np.where(depths[t] == 0, 0, np.where(depths[t] == self.deepest, 1, coin))
            depths[t + 1] = depths[t] + 1 - 2 * closes
        brackets = (depths[1:] < depths[:-1]).astype(np.int64)
        inputs, targets = (torch.from_numpy(np.ascontiguousarray(part.T)) for part in (brackets, depths[1:]))
        return Examples(inputs, targets, torch.ones_like(inputs, dtype=torch.bool))
