"""Every path of a row, one by one: what sums, tags and probabilities are to be."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor

from seqloom.layers.random_field import ConditionalRandomField, Legal

__all__ = ["Paths", "random_field"]


def random_field(tags: int, seed: int, illegal: float = 0.0) -> ConditionalRandomField:
    """A field with random scores, in which some share of all is illegal, but not tag 0 anywhere."""
    random = torch.Generator().manual_seed(seed)
    legal = Legal(*(torch.rand(shape, generator=random) >= illegal for shape in ((tags,), (tags, tags), (tags,))))
    legal.start[0] = legal.end[0] = True
    legal.transitions[:, 0] = legal.transitions[0] = True
    field = ConditionalRandomField(tags, legal).double()
    with torch.no_grad():
        for parameter in field.parameters():
            parameter.normal_(generator=random)
    return field


class Paths:
    """All paths of one row of ``scores`` (T, K), with their scores."""

    def __init__(self, field: ConditionalRandomField, scores: Tensor) -> None:
        start, transitions, end = (field._weight(name).tolist() for name in ("start", "transitions", "end"))
        rows = scores.tolist()
        self.tags = scores.shape[1]
        self.scores: dict[tuple[int, ...], float] = {}
        for path in itertools.product(range(self.tags), repeat=len(rows)):
            found = sum(row[tag] for row, tag in zip(rows, path, strict=True))
            found += sum(transitions[a][b] for a, b in itertools.pairwise(path))
            self.scores[path] = found + (start[path[0]] + end[path[-1]] if path else 0.0)
        self.total = self.best + math.log(sum(math.exp(score - self.best) for score in self.scores.values()))

    def nats(self, path: list[int]) -> float:
        """-ln p of a path."""
        return self.total - self.scores[tuple(path)]

    @property
    def best(self) -> float:
        """The highest score."""
        return max(self.scores.values())

    def marginals(self) -> list[list[float]]:
        """p(y_t = k)."""
        steps = len(next(iter(self.scores)))
        found = [[0.0] * self.tags for _ in range(steps)]
        for path, score in self.scores.items():
            for step, tag in enumerate(path):
                found[step][tag] += math.exp(score - self.total)
        return found
