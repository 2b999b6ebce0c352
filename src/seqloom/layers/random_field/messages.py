"""The forward-backward algorithm over a whole ragged batch, from both ends at once."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.kernels.reversing import reverse_rows
from seqloom.layers.random_field.chain import Chain, at_steps

__all__ = ["Messages", "forward_pass", "forward_step", "log_sum", "messages"]


class Messages(NamedTuple):
    """ln Σ exp(score) of the paths of each step's past, and of its future, that are in k at that step.

    ``alpha`` and ``beta`` (B, T, K) both count the step's own score; ``total`` (B,) is that of all paths. ``products``
    says that matrix products of exponentials have all digits.
    """

    alpha: Tensor
    beta: Tensor
    total: Tensor
    products: bool


def messages(chain: Chain) -> Messages:
    """α and β. Matrix products find them where nothing falls out of the range of numbers, else logarithms do."""
    alpha, beta = _by_products(chain)
    products = _in_range(chain, torch.stack((alpha, beta)))
    if not products:
        alpha, beta = forward_pass(chain), forward_pass(chain.reversed())
    total = chain.of_steps(log_sum(at_steps(alpha, chain.last) + chain.end, -1))
    return Messages(alpha, reverse_rows(beta, chain.lengths), total, products)


def forward_pass(chain: Chain) -> Tensor:
    """α of every step, (B, T, K)."""
    steps = [chain.scores[:, 0] + chain.start]
    for scores in chain.scores.unbind(1)[1:]:
        steps.append(forward_step(steps[-1], scores, chain.transitions))
    return torch.stack(steps, 1)


def forward_step(alpha: Tensor, scores: Tensor, transitions: Tensor) -> Tensor:
    """α_t(j) = scores_t(j) + ln Σ_i exp(α_{t-1}(i) + transitions(i, j)): (B, K), (B, K), (K, K) → (B, K)."""
    return scores + log_sum(alpha[:, :, None] + transitions, 1)


def log_sum(values: Tensor, axis: int) -> Tensor:
    """ln Σ exp along an axis; where all are -∞ it is that, with gradients of 0."""
    nothing = (values == -math.inf).all(axis, keepdim=True)
    return values.masked_fill(nothing, 0.0).logsumexp(axis).masked_fill(nothing.squeeze(axis), -math.inf)


def _by_products(chain: Chain) -> Tensor:
    """α of the chain and of the reversed one, (2, B, T, K), by exp(α - max α) · exp(transitions - max)."""
    back = chain.reversed()
    scores = torch.stack((chain.scores, back.scores)).movedim(2, 0).contiguous()  # (T, 2, B, K)
    least = torch.finfo(scores.dtype).min
    highest = chain.transitions.amax().clamp(min=least)
    weights = torch.stack((chain.transitions, back.transitions)).sub_(highest).exp_()
    found = torch.empty_like(scores)
    alpha = torch.add(scores[0], torch.stack((chain.start, chain.end))[:, None], out=found[0])
    for into, own in zip(found[1:], scores[1:].add_(highest), strict=True):
        most = alpha.amax(2, keepdim=True).clamp_(min=least)
        alpha = torch.bmm((alpha - most).exp_(), weights, out=into).log_().add_(most).add_(own)
    return found.movedim(0, 2)


def _in_range(chain: Chain, alpha: Tensor) -> bool:
    """Whether no term that could matter later was lost: all of a step, and all transitions, lie close together."""
    spread = _spread(alpha).max() + _spread(chain.transitions.flatten())
    return bool(spread < math.log(torch.finfo(alpha.dtype).max) / 4)


def _spread(values: Tensor) -> Tensor:
    """Largest minus smallest along the last axis, -∞ left out."""
    return values.amax(-1) - values.masked_fill(values == -math.inf, math.inf).amin(-1)
