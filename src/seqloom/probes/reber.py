"""The embedded Reber grammar: a choice at the beginning decides a symbol at the end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
import torch

from seqloom.probes.answers import Answer, ClassAnswer
from seqloom.probes.probe import Baseline, Examples, Measures, Probe

__all__ = ["EmbeddedReber"]

SYMBOLS = "BTPSXVE"
GRAMMAR: tuple[tuple[tuple[str, int], ...], ...] = (
    (("B", 1),),
    (("T", 2), ("P", 3)),
    (("S", 2), ("X", 4)),
    (("T", 3), ("V", 5)),
    (("X", 3), ("S", 6)),
    (("P", 4), ("V", 6)),
    (("E", 7),),
)
"""Reber's (1967) grammar: the symbols that leave each node, and where each leads; the string ends in node 7."""


class Tables(NamedTuple):
    """The embedded grammar as arrays: ``symbol`` (N, 2) and ``after`` (N, 2) of a node's two ways (equal where there is
    but one), ``legal`` (N, 7), and the node where strings end."""

    symbol: np.ndarray
    after: np.ndarray
    legal: np.ndarray
    end: int


def _embedded() -> Tables:
    """B, T or P, a Reber string, the same T or P, E: the grammar stands twice, once for each choice."""
    inner = len(GRAMMAR)
    end = 2 + 2 * (inner + 1) + 1
    nodes: list[tuple[tuple[str, int], ...]] = [(("B", 1),), (("T", 2), ("P", 2 + inner + 1))]
    for k, choice in enumerate("TP"):
        start = 2 + k * (inner + 1)
        nodes += [tuple((symbol, start + after) for symbol, after in ways) for ways in GRAMMAR]
        nodes.append(((choice, end - 1),))
    nodes += [(("E", end),), ()]
    pairs = [ways if len(ways) == 2 else ways * 2 or (("E", end),) * 2 for ways in nodes]
    symbol = np.array([[SYMBOLS.index(letter) for letter, _ in ways] for ways in pairs])
    after = np.array([[place for _, place in ways] for ways in pairs])
    legal = np.zeros((len(nodes), len(SYMBOLS)), dtype=bool)
    np.put_along_axis(legal, symbol, True, axis=1)
    return Tables(symbol, after, legal, end)


TABLES = _embedded()


@final
@dataclass(frozen=True)
class EmbeddedReber(Probe):
    """Predict the next symbol of strings from the embedded Reber grammar.

    A string is B, then T or P, a string of Reber's (1967) grammar, the same T or P again, and E; both ways out of a
    node are equally likely. The next symbol is asked at every step. An answer is right when every symbol that may come
    scores above every one that may not; the last T or P has to be remembered over the whole inner string. Experiment 1
    of Hochreiter & Schmidhuber (1997, sec. 5.1): solved when that holds for every symbol of every string.

    Baseline: a predictor that knows the grammar but forgets the first T or P. It loses ln 2 at every step with two
    ways out and at the last T or P, and is wrong there in every second string. Shares are of the mean number of steps.

    >>> examples = EmbeddedReber().draw(1, seed=0)
    >>> "".join(SYMBOLS[token] for token in examples.inputs[0])
    'BPBTSSSSSXSEP'
    >>> "".join(SYMBOLS[token] for token in examples.targets[0])
    'PBTSSSSSXSEPE'
    """

    name = "embedded-reber"
    causal = True

    @property
    def in_features(self) -> int:
        return len(SYMBOLS)

    @property
    def answer(self) -> Answer:
        return ClassAnswer(len(SYMBOLS))

    def baseline(self) -> Baseline:
        # Expected visits of each node: (1 - Q)^-1, the fundamental matrix of the absorbing chain.
        chain = np.zeros((TABLES.end + 1, TABLES.end + 1))
        np.add.at(chain, (np.arange(len(chain))[:, None], TABLES.after), 0.5)
        visits = np.linalg.inv(np.eye(TABLES.end) - chain[: TABLES.end, : TABLES.end])[0]
        steps = visits.sum() - 1  # the first symbol is given
        choices = visits @ (TABLES.legal[: TABLES.end].sum(1) == 2) + 1
        return Baseline(math.log(2) * float(choices / steps), 1 - 0.5 / float(steps))

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return measures.whole == 1

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        nodes, symbols = [np.zeros(count, dtype=np.int64)], []
        while (nodes[-1] != TABLES.end).any():
            way = rng.integers(2, size=count)
            symbols.append(TABLES.symbol[nodes[-1], way])
            nodes.append(TABLES.after[nodes[-1], way])
        drawn = np.stack(symbols, axis=1)
        at = np.stack(nodes[1:-1], axis=1)  # the node before each predicted symbol
        scored = at != TABLES.end
        inputs = np.where(scored, drawn[:, :-1], 0)
        parts = (inputs, np.where(scored, drawn[:, 1:], 0), scored, scored.sum(1), TABLES.legal[at])
        return Examples(*(torch.from_numpy(part) for part in parts))
