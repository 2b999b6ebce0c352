"""Add two marked numbers of a long sequence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from seqloom.probes.answers import Answer, NumberAnswer
from seqloom.probes.probe import Baseline, Examples, Measures, Probe

__all__ = ["Adding"]


@final
@dataclass(frozen=True)
class Adding(Probe):
    """Add the two marked numbers of a long sequence.

    A step is a pair (number from U[0, 1], mark); two of the ``length`` steps (default 600) are marked 1, the others 0.
    The sum is asked at the last step. In the form of Le, Jaitly & Hinton (2015) and Bai, Kolter & Koltun (2018,
    sec. 5.1), who report mean squared errors: 5e-5 is solved, 0.16 is not. The line is drawn at 0.001.

    Baseline: always 1, with the variance 2/12 as squared error; within 0.04 with probability 1 - 0.96².

    >>> examples = Adding(length=5).draw(2, seed=0)
    >>> examples.inputs.shape, bool(examples.scored[:, :4].any())
    (torch.Size([2, 5, 2]), False)
    >>> round(Adding().baseline().loss, 4)
    0.1667
    """

    length: int = 600

    name = "adding"
    tokens = False

    @property
    def in_features(self) -> int:
        return 2

    @property
    def answer(self) -> Answer:
        return NumberAnswer(tolerance=0.04)

    def baseline(self) -> Baseline:
        return Baseline(1 / 6, 1 - 0.96**2)

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return measures.loss < 1e-3

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        rows = np.arange(count)
        pairs = np.zeros((count, self.length, 2), dtype=np.float32)
        pairs[..., 0] = rng.random((count, self.length), dtype=np.float32)
        first = rng.integers(self.length, size=count)
        second = (first + rng.integers(1, self.length, size=count)) % self.length
        pairs[rows, first, 1] = pairs[rows, second, 1] = 1
        targets = np.zeros((count, self.length), dtype=np.float32)
        targets[:, -1] = pairs[rows, first, 0] + pairs[rows, second, 0]
        scored = torch.zeros(count, self.length, dtype=torch.bool)
        scored[:, -1] = True
        return Examples(torch.from_numpy(pairs), torch.from_numpy(targets), scored)

    def _problems(self) -> Iterator[str]:
        if self.length == 1:
            yield "adding: expected a length of at least 2, for two marks; got 1."
