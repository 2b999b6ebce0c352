"""Beam search: the likeliest sequences, found by keeping the best few at every step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqloom.decoding.protocol import Select, Step
from seqloom.errors import DivergedError, UsageError

__all__ = ["Hypothesis", "beam_search", "length_penalty"]


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
    """The best sequences, best first, at most ``width`` of them.

    ``logits`` (1, V) and ``state`` (one row) are what the model gave after the prompt. At every step the
    ``width`` best extensions of all beams are kept; those that give ``end`` are finished and leave the beam,
    so that width 1 is greedy decoding. A sequence of ``limit`` tokens is returned unfinished. Scores are log
    p / length_penalty(length, alpha), the end token counted. The search stops as soon as no open beam can
    still overtake ``width`` finished ones.
    """
    _check(logits, width, limit, alpha)
    banned = torch.tensor(list(forbid), dtype=torch.long)
    beams: list[tuple[int, ...]] = [()]
    scores = torch.zeros(1, dtype=torch.float64)
    done: list[Hypothesis] = []
    for length in range(1, limit + 1):
        following = logits.cpu().double().log_softmax(dim=-1).index_fill(-1, banned, -math.inf)
        total = (scores[:, None] + following).flatten()
        if bool(torch.isnan(total).any()):
            raise DivergedError("The model's scores are not numbers. Train it again with a lower learning rate.")
        best, flat = total.topk(min(width, total.numel()))
        penalty = length_penalty(length, alpha)
        parents: list[int] = []
        tokens: list[int] = []
        kept: list[float] = []
        for value, index in zip(best.tolist(), flat.tolist(), strict=True):
            parent, token = divmod(index, logits.shape[-1])
            if value == -math.inf:
                continue
            if token == end:
                done.append(Hypothesis(beams[parent], value, value / penalty, True))
            else:
                parents.append(parent)
                tokens.append(token)
                kept.append(value)
        beams = [(*beams[parent], token) for parent, token in zip(parents, tokens, strict=True)]
        done = _best(done, width)
        if not beams or (len(done) == width and done[-1].score >= kept[0] / length_penalty(limit, alpha)):
            break
        if length == limit:
            done += [Hypothesis(b, v, v / penalty, False) for b, v in zip(beams, kept, strict=True)]
            break
        rows = torch.tensor(parents, dtype=torch.long, device=logits.device)
        scores = torch.tensor(kept, dtype=torch.float64)
        logits, state = step(torch.tensor(tokens, dtype=torch.long, device=logits.device), select(state, rows))
    return _best(done, width)


def _best(found: list[Hypothesis], width: int) -> list[Hypothesis]:
    return sorted(found, key=lambda one: -one.score)[:width]


def _check(logits: Tensor, width: int, limit: int, alpha: float) -> None:
    problems = []
    if logits.shape[0] != 1:
        problems.append(f"beam search continues one prompt at a time, got {logits.shape[0]}")
    if width < 1:
        problems.append(f"the width must be at least 1, not {width}")
    if limit < 1:
        problems.append(f"the length must be at least 1, not {limit}")
    if not (math.isfinite(alpha) and alpha >= 0):
        problems.append(f"the length penalty must be at least 0, not {alpha}")
    if problems:
        raise UsageError("Beam search: " + "; ".join(problems) + ".")
