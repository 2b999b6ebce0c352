"""Scaled dot-product attention: the formula, and torch's fused kernel for it.

Axes: B batch, N heads, M key heads (N is a multiple of M), T queries, S keys, K head size.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom.kernels import Kernel, Operation
from seqloom.kernels.backend import REFERENCE, TORCH
from seqloom.kernels.transforms import forward_mode

__all__ = ["ATTENTION", "FORMULA", "TORCH_ATTENTION", "Attention", "attend", "attention_weights", "masked_softmax"]


class Attention(NamedTuple):
    """What ``attend`` is asked for; the names are its arguments'."""

    query: Tensor
    key: Tensor
    value: Tensor
    allowed: Tensor | None = None
    bias: Tensor | None = None
    causal: bool = False
    dropout: float = 0.0

    @property
    def masked(self) -> Tensor | None:
        """``allowed``, and where causal what ``allowed`` leaves of the keys up to each query."""
        if not self.causal:
            return self.allowed
        shape = (self.query.shape[2], self.key.shape[2])
        earlier = torch.ones(shape, dtype=torch.bool, device=self.query.device).tril()
        return earlier if self.allowed is None else self.allowed & earlier


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    allowed: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    causal: bool = False,
    dropout: float = 0.0,
) -> Tensor:
    """softmax(q kᵀ / √K + bias) v over the keys that are allowed (Vaswani et al., 2017, eq. 1).

    query (B, N, T, K), key and value (B, M, S, K) → (B, N, T, K); N / M neighbouring heads share a key head (Ainslie et
    al., 2023). ``allowed`` is a mask and ``bias`` a summand, both broadcast to (B, N, T, S); ``causal`` allows query t
    the keys up to t. A query without any allowed key gets 0. ``dropout`` is the share of weights dropped. The backend
    "torch" runs it by its fused kernel, which has first derivatives only, and "reference" by the formula.

    >>> one = torch.ones(1, 1, 1, 2)
    >>> attend(one, one, 3 * one)
    tensor([[[[3., 3.]]]])
    """
    return ATTENTION(Attention(query, key, value, allowed, bias, causal, dropout))


class _Torch(Kernel[Attention, Tensor]):
    backend = TORCH
    summary = "torch's fused kernel"

    def refusal(self, work: Attention) -> str | None:
        return forward_mode()

    def run(self, work: Attention) -> Tensor:
        query, key, value, mask, bias, causal, dropout = work
        if causal and (mask is not None or bias is not None):
            mask, causal = work.masked, False
        if bias is not None:
            mask = bias if mask is None else bias.masked_fill(~mask, -math.inf)
        grouped = bool(key.shape[1] != query.shape[1])  # sizes are tensors under torch.jit.trace
        return F.scaled_dot_product_attention(query, key, value, mask, dropout, causal, enable_gqa=grouped)


class _Formula(Kernel[Attention, Tensor]):
    backend = REFERENCE
    summary = "the formula, with a score for every pair"

    def run(self, work: Attention) -> Tensor:
        weights = attention_weights(work.query, work.key, work.masked, work.bias)
        return F.dropout(weights, work.dropout) @ _for_every_head(work.value, work.query)


TORCH_ATTENTION, FORMULA = _Torch(), _Formula()
ATTENTION = Operation[Attention, Tensor]("attention", (TORCH_ATTENTION, FORMULA))


def attention_weights(query: Tensor, key: Tensor, allowed: Tensor | None = None, bias: Tensor | None = None) -> Tensor:
    """softmax(q kᵀ / √K + bias) (B, N, T, S); the arguments are those of ``attend``.

    >>> attention_weights(torch.ones(1, 1, 1, 4), torch.zeros(1, 1, 2, 4))
    tensor([[[[0.5000, 0.5000]]]])
    """
    scores = query @ _for_every_head(key, query).mT / math.sqrt(query.shape[-1])
    if bias is not None:
        scores = scores + bias
    return scores.softmax(-1) if allowed is None else masked_softmax(scores, allowed)


def masked_softmax(scores: Tensor, allowed: Tensor) -> Tensor:
    """softmax over the last axis of ``scores``, with 0 for what is not ``allowed``; where nothing is, all are 0.

    >>> masked_softmax(torch.ones(2, 3), torch.tensor([[True, False, True], [False, False, False]]))
    tensor([[0.5000, 0.0000, 0.5000],
            [0.0000, 0.0000, 0.0000]])
    """
    # The least number instead of -inf, so that a row of nothing has no NaN on its way.
    return scores.masked_fill(~allowed, torch.finfo(scores.dtype).min).softmax(-1).masked_fill(~allowed, 0.0)


def _for_every_head(heads: Tensor, query: Tensor) -> Tensor:
    """(B, M, S, K) → (B, N, S, K)."""
    return heads.repeat_interleave(query.shape[1] // heads.shape[1], dim=1)
