"""ln of the sum of exp(score) over all paths of a chain (Lafferty, McCallum & Pereira, 2001).

Its derivatives are the probabilities of tags and of pairs of tags.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from seqloom.kernels import Kernel, Operation
from seqloom.kernels.backend import FUSED, REFERENCE
from seqloom.kernels.transforms import forward_mode, is_seen
from seqloom.layers.random_field.chain import Chain, at_steps
from seqloom.layers.random_field.messages import Messages, forward_pass, log_sum, messages

__all__ = ["LOG_PARTITION", "marginals"]


def marginals(chain: Chain, found: Messages) -> Tensor:
    """p(y_t = k), (B, T, K); 0 beyond each row's length."""
    possible = chain.real[..., None] & (chain.scores > -math.inf)
    logs = found.alpha + (found.beta - chain.scores) - found.total[:, None, None]
    return torch.where(possible, logs, -math.inf).exp()


def _pairs(chain: Chain, found: Messages, weights: Tensor) -> Tensor:
    """Σ over steps and rows of weight (B,) · p(y_{t-1} = i, y_t = j), (K, K)."""
    past, future = found.alpha[:, :-1], found.beta[:, 1:]
    real = chain.real[:, 1:]
    if not found.products:
        return _pairs_by_logarithms(chain, found, weights * real.T)
    least = torch.finfo(past.dtype).min
    most_past, most_future = (part.amax(2, keepdim=True).clamp(min=least) for part in (past, future))
    highest = chain.transitions.amax().clamp(min=least)
    scale = (most_past + most_future + highest - found.total[:, None, None]).exp() * weights[:, None, None]
    ahead = torch.where(real[..., None], (future - most_future).exp() * scale, 0.0)
    sums = (past - most_past).exp().flatten(0, 1).mT @ ahead.flatten(0, 1)
    return sums * (chain.transitions - highest).exp()


def _pairs_by_logarithms(chain: Chain, found: Messages, weights: Tensor) -> Tensor:
    """The same, without a product: ``weights`` (T - 1, B)."""
    sums = torch.zeros_like(chain.transitions)
    for step, weight in enumerate(weights):
        before, after = found.alpha[:, step, :, None], found.beta[:, step + 1, None]
        logs = before + chain.transitions + after - found.total[:, None, None]
        sums = sums + torch.where(weight[:, None, None] != 0, logs.exp() * weight[:, None, None], 0.0).sum(0)
    return sums


class _Formula(Kernel[Chain, Tensor]):
    backend = REFERENCE
    summary = "the forward algorithm step by step, differentiated by autograd"

    def run(self, work: Chain) -> Tensor:
        return work.of_steps(log_sum(at_steps(forward_pass(work), work.last) + work.end, -1))


class _Fused(Kernel[Chain, Tensor]):
    backend = FUSED
    summary = "the forward-backward algorithm by matrix products, derivatives in closed form"

    def refusal(self, work: Chain) -> str | None:
        return "somebody looks at torch's operations" if is_seen(work) else forward_mode()

    def run(self, work: Chain) -> Tensor:
        run: Any = _LogPartition.apply
        found: Tensor = run(*work)
        return found


LOG_PARTITION = Operation[Chain, Tensor]("a sum over all paths", (_Fused(), _Formula()))


class _LogPartition(torch.autograd.Function):
    """The parts of a chain → (B,)."""

    @staticmethod
    def forward(ctx: Any, *parts: Tensor) -> Tensor:
        found = messages(Chain(*parts))
        ctx.products = found.products
        ctx.save_for_backward(*parts, *found[:3])
        return found.total

    @staticmethod
    def backward(ctx: Any, arriving: Tensor) -> tuple[Tensor | None, ...]:
        *parts, alpha, beta, total = ctx.saved_tensors
        chain, found = Chain(*parts), Messages(alpha, beta, total, ctx.products)
        if torch.is_grad_enabled():  # for a second derivative
            return _by_the_formula(chain, arriving)
        scores = marginals(chain, found) * arriving[:, None, None]
        start, end = scores[:, 0].sum(0), at_steps(scores, chain.last).sum(0)
        return scores, None, start, _pairs(chain, found, arriving), end


def _by_the_formula(chain: Chain, arriving: Tensor) -> tuple[Tensor | None, ...]:
    wanted = [part for part in chain if part.requires_grad]
    found = torch.autograd.grad(_Formula().run(chain), wanted, arriving, create_graph=True, allow_unused=True)
    by_part = iter(found)
    return tuple(next(by_part) if part.requires_grad else None for part in chain)
