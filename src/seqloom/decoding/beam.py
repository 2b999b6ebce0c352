"""Beam search: the likeliest sequences, found by keeping the best few at every step, for many sources at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqloom.decoding.outputs import Node, Outputs
from seqloom.decoding.protocol import Select, Step
from seqloom.errors import DivergedError, UsageError

__all__ = ["Hypothesis", "beam_search", "beam_searches", "length_penalty"]


class Hypothesis(NamedTuple):
    """One sequence that was found; ``tokens`` leaves the end token out, ``log_probability`` counts it."""

    tokens: tuple[int, ...]
    log_probability: float
    score: float
    finished: bool


def length_penalty(length: int, alpha: float) -> float:
    """((5 + length) / 6) ** alpha, by which log-probabilities are divided (Wu et al., 2016, eq. 14).

    >>> length_penalty(1, 0.6), length_penalty(7, 1.0)
    (1.0, 2.0)
    """
    return float(((5 + length) / 6) ** alpha)


def beam_search(
    step: Step,
    select: Select,
    logits: Tensor,
    state: Any,
    *,
    width: int,
    limit: int,
    end: int | None = None,
    alpha: float = 0.0,
    forbid: Sequence[int] = (),
) -> list[Hypothesis]:
    """``beam_searches`` of one source: ``logits`` (1, V) and a ``state`` of one row → the best, best first."""
    if logits.shape[0] != 1:
        raise UsageError(
            f"beam_search continues one prompt, got {logits.shape[0]}; beam_searches takes as many as there are."
        )
    return beam_searches(step, select, logits, state, width=width, limit=limit, end=end, alpha=alpha, forbid=forbid)[0]


def beam_searches(
    step: Step,
    select: Select,
    logits: Tensor,
    state: Any,
    *,
    width: int,
    limit: int | Sequence[int],
    end: int | None = None,
    alpha: float = 0.0,
    forbid: Sequence[int] = (),
    outputs: Outputs | None = None,
) -> list[list[Hypothesis]]:
    """For each of B sources its best sequences, best first, at most ``width`` of them, none of them twice.

    ``logits`` (B, V) and ``state`` are what the model gave after the sources. At every step the ``width`` best
    extensions of all beams of a source are kept; those that give ``end`` are finished and leave the beam, so that width
    1 is greedy decoding. A sequence of ``limit`` tokens, a number for all or one for each source, is returned
    unfinished. Scores are log p / length_penalty(length, alpha), the end token counted. A source is done as soon as no
    open beam of it can still overtake ``width`` finished ones; only open beams are in the batch, so the rest does not
    pay for it, and what a source gets does not depend on its neighbours. ``forbid`` are tokens that never come, and of
    ``outputs`` one comes out, where they are given. Raises UsageError for what cannot be searched, DivergedError where
    scores are not numbers.
    """
    limits = [limit] * len(logits) if isinstance(limit, int) else list(limit)
    _check(logits, width, limits, alpha)
    banned = torch.tensor(list(forbid), dtype=torch.long)
    all_sources = [_Source(width, most, end, alpha, outputs) for most in limits]
    sources = list(all_sources)
    while sources:
        following = logits.cpu().double().log_softmax(dim=-1)
        following = following.index_fill(-1, banned, -math.inf) if len(banned) else following
        if outputs is not None:
            following = outputs.only([beam.node for source in sources for beam in source.beams], following)
        scores = torch.tensor([beam.score for source in sources for beam in source.beams], dtype=torch.float64)
        values, tokens = (scores[:, None] + following).topk(min(width, logits.shape[-1]))
        if bool(values.isnan().any()):
            raise DivergedError("The model's scores are not numbers. Train it again with a lower learning rate.")
        parents = [row for source, rows in _rows(sources) for row in source.extend(rows, values, tokens)]
        sources = [source for source in sources if source.beams]
        if sources:
            last = torch.tensor([beam.tokens[-1] for source in sources for beam in source.beams])
            rows = torch.tensor(parents, device=logits.device)
            logits, state = step(last.to(logits.device), select(state, rows))
    return [source.found for source in all_sources]


class _Beam(NamedTuple):
    """A sequence that goes on, and where it stands in the tree of outputs."""

    tokens: tuple[int, ...]
    score: float
    node: Node | None


class _Source:
    """The search for one source: its open ``beams``, best first, and what is ``found``."""

    def __init__(self, width: int, limit: int, end: int | None, alpha: float, outputs: Outputs | None) -> None:
        self.width, self.limit, self.end, self.alpha = width, limit, end, alpha
        self.beams = [_Beam((), 0.0, None if outputs is None else outputs.root)]
        self.found: list[Hypothesis] = []

    def extend(self, rows: range, values: Tensor, tokens: Tensor) -> list[int]:
        """One step, from the best extensions (R, K) of all ``rows``: which of them the new beams go on from."""
        best, places = values[rows.start : rows.stop].flatten().topk(min(self.width, len(rows) * values.shape[1]))
        chosen = tokens[rows.start : rows.stop].flatten()[places].tolist()
        length = len(self.beams[0].tokens) + 1
        penalty = length_penalty(length, self.alpha)
        beams, parents = [], []
        for value, place, token in zip(best.tolist(), places.tolist(), chosen, strict=True):
            parent = place // values.shape[1]
            before = self.beams[parent]
            if value == -math.inf:
                continue
            if token == self.end:
                self.found.append(Hypothesis(before.tokens, value, value / penalty, True))
            else:
                beams.append(_Beam((*before.tokens, token), value, before.node and before.node[token]))
                parents.append(rows[parent])
        self._keep_best()
        if beams and self._may_be_overtaken_by(beams[0]):
            if length < self.limit:
                self.beams = beams
                return parents
            self.found += [Hypothesis(beam.tokens, beam.score, beam.score / penalty, False) for beam in beams]
            self._keep_best()
        self.beams = []
        return []

    def _may_be_overtaken_by(self, beam: _Beam) -> bool:
        """A log-probability only falls, and the largest penalty is that of the limit."""
        best = beam.score / length_penalty(self.limit, self.alpha)
        return len(self.found) < self.width or self.found[-1].score < best

    def _keep_best(self) -> None:
        self.found = sorted(self.found, key=lambda one: -one.score)[: self.width]


def _rows(sources: Sequence[_Source]) -> list[tuple[_Source, range]]:
    """Each source with the rows of the batch that are its beams."""
    found, begin = [], 0
    for source in sources:
        found.append((source, range(begin, begin + len(source.beams))))
        begin += len(source.beams)
    return found


def _check(logits: Tensor, width: int, limits: Sequence[int], alpha: float) -> None:
    problems = []
    if len(limits) != len(logits):
        problems.append(f"expected one limit for each of {len(logits)} sources, got {len(limits)}")
    if width < 1:
        problems.append(f"the width must be at least 1, not {width}")
    if any(limit < 1 for limit in limits):
        problems.append(f"the length must be at least 1, not {min(limits)}")
    if not (math.isfinite(alpha) and alpha >= 0):
        problems.append(f"the length penalty must be at least 0, not {alpha}")
    if problems:
        raise UsageError("Beam search: " + "; ".join(problems) + ".")
