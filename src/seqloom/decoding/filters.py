"""Changes to the distribution of the next token before it is drawn.

Axes: B rows, V vocabulary. Every filter is a small frozen value, called as ``filter(logits (B, V), seen (B,
V))``, where ``seen`` marks the tokens that a row already holds; it returns new logits. A token that must not
come gets −inf. Filters are applied from left to right.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from seqloom.decoding.settings import MASS, PENALTY, TEMPERATURE
from seqloom.settings import COUNT, Number, Whole, take

__all__ = ["Filter", "Forbid", "RepetitionPenalty", "Temperature", "TopK", "TopP", "apply_filters"]

_GREEDY = 1e-6


class Filter(Protocol):
    """A function from logits to logits."""

    def __call__(self, logits: Tensor, seen: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class Temperature:
    """Divide the logits by ``value``: p_i ∝ exp(x_i / value); below 10⁻⁶ only the largest stays.

    >>> Temperature(0.0)(torch.tensor([[1.0, 3.0, 2.0]]), torch.zeros(1, 3, dtype=torch.bool))
    tensor([[-inf, 3., -inf]])
    """

    value: float

    def __post_init__(self) -> None:
        take("temperature", Number(TEMPERATURE), self.value)

    @property
    def is_greedy(self) -> bool:
        """Whether only the likeliest token stays."""
        return self.value < _GREEDY

    def __call__(self, logits: Tensor, seen: Tensor) -> Tensor:
        if self.value == 1:
            return logits
        best = logits.argmax(dim=-1, keepdim=True)
        if self.is_greedy:
            return torch.full_like(logits, -math.inf).scatter(-1, best, logits.gather(-1, best))
        return (logits - logits.gather(-1, best)) / self.value


@dataclass(frozen=True)
class TopK:
    """Keep the ``k`` likeliest tokens (Fan et al., 2018, sec. 5.4).

    >>> TopK(2)(torch.tensor([[1.0, 3.0, 2.0]]), torch.zeros(1, 3, dtype=torch.bool))
    tensor([[-inf, 3., 2.]])
    """

    k: int

    def __post_init__(self) -> None:
        take("top_k", Whole(COUNT), self.k)

    def __call__(self, logits: Tensor, seen: Tensor) -> Tensor:
        if self.k >= logits.shape[-1]:
            return logits
        values, tokens = logits.topk(self.k, dim=-1)
        return torch.full_like(logits, -math.inf).scatter(-1, tokens, values)


@dataclass(frozen=True)
class TopP:
    """Keep the smallest set of likeliest tokens whose probability reaches ``p`` (Holtzman et al., 2020).

    >>> TopP(0.6)(torch.tensor([[0.2, 0.5, 0.3]]).log(), torch.zeros(1, 3, dtype=torch.bool)).exp()
    tensor([[0.0000, 0.5000, 0.3000]])
    """

    p: float

    def __post_init__(self) -> None:
        take("top_p", Number(MASS), self.p)

    def __call__(self, logits: Tensor, seen: Tensor) -> Tensor:
        if self.p == 1:
            return logits
        ordered, tokens = logits.sort(dim=-1, descending=True, stable=True)
        probability = ordered.softmax(dim=-1)
        before = probability.cumsum(dim=-1) - probability
        ordered = ordered.masked_fill(before >= self.p, -math.inf)
        ordered[..., 0] = logits.amax(dim=-1)
        return torch.empty_like(logits).scatter(-1, tokens, ordered)


@dataclass(frozen=True)
class RepetitionPenalty:
    """Multiply log p of every token already seen by ``penalty`` ≥ 1 (after Keskar et al., 2019, sec. 4.1).

    The original divides positive and multiplies negative scores, so that it depends on a constant that the
    softmax ignores; log-probabilities are never positive, so that here one rule is enough.

    >>> half = torch.tensor([[0.5, 0.5]]).log()
    >>> RepetitionPenalty(2.0)(half, torch.tensor([[True, False]])).exp()
    tensor([[0.2500, 0.5000]])
    """

    penalty: float

    def __post_init__(self) -> None:
        take("repetition_penalty", Number(PENALTY), self.penalty)

    def __call__(self, logits: Tensor, seen: Tensor) -> Tensor:
        if self.penalty == 1:
            return logits
        scores = logits.log_softmax(dim=-1)
        return torch.where(seen, scores * self.penalty, scores)


@dataclass(frozen=True)
class Forbid:
    """Never give these tokens.

    >>> Forbid((1,))(torch.tensor([[1.0, 3.0, 2.0]]), torch.zeros(1, 3, dtype=torch.bool))
    tensor([[1., -inf, 2.]])
    """

    tokens: tuple[int, ...]

    def __call__(self, logits: Tensor, seen: Tensor) -> Tensor:
        banned = torch.tensor(self.tokens, dtype=torch.long, device=logits.device)
        return logits.index_fill(-1, banned, -math.inf)


def apply_filters(filters: Iterable[Filter], logits: Tensor, seen: Tensor) -> Tensor:
    """Apply ``filters`` from left to right to logits (B, V)."""
    for one in filters:
        logits = one(logits, seen)
    return logits
