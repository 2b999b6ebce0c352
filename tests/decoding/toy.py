"""A language model small enough to enumerate: the next token depends on the last two."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import torch
from torch import Tensor


class Last(NamedTuple):
    token: Tensor


class Toy:
    """``table`` (V, V, V): logits of the next token after each pair; token 0 ends a sequence."""

    def __init__(self, vocabulary_size: int = 4, seed: int = 0, scale: float = 2.0) -> None:
        generator = torch.Generator().manual_seed(seed)
        shape = (vocabulary_size, vocabulary_size, vocabulary_size)
        self.table = torch.randn(shape, generator=generator, dtype=torch.float64) * scale
        self.size = vocabulary_size
        self.widest = 0

    def step(self, tokens: Tensor, state: Last) -> tuple[Tensor, Last]:
        self.widest = max(self.widest, len(tokens))
        return self.table[state.token, tokens], Last(tokens)

    def select(self, state: Last, rows: Tensor) -> Last:
        return Last(state.token[rows])

    def begin(self, batch_size: int = 1) -> tuple[Tensor, Last]:
        zeros = torch.zeros(batch_size, dtype=torch.long)
        return self.step(zeros, Last(zeros))

    def log_probability(self, tokens: tuple[int, ...]) -> float:
        before = (0, 0, *tokens)
        rows = [self.table[before[k], before[k + 1]].log_softmax(-1)[t] for k, t in enumerate(tokens)]
        return float(sum(rows))

    def everything(self, limit: int) -> list[tuple[tuple[int, ...], float, bool]]:
        """All sentences of up to ``limit`` tokens, the end counted, and all unfinished ones of ``limit``."""
        found = []
        words = range(1, self.size)
        for length in range(1, limit + 1):
            for start in itertools.product(words, repeat=length - 1):
                found.append((start, self.log_probability((*start, 0)), True))
        for start in itertools.product(words, repeat=limit):
            found.append((start, self.log_probability(start), False))
        return found
