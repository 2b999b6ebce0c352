"""Scaled dot-product attention: the formula, and torch's fused kernel for it.

Axes: B batch, N heads, M key heads (N is a multiple of M), T queries, S keys, K head size.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom import kernels

__all__ = ["attend", "attention_weights", "masked_softmax"]


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
    the keys up to t. A query without any allowed key gets 0. ``dropout`` is the share of weights dropped. torch's
    kernel runs it, which has first derivatives only, or under ``kernels.use("reference")`` the formula.

    >>> one = torch.ones(1, 1, 1, 2)
    >>> attend(one, one, 3 * one)
    tensor([[[[3., 3.]]]])
    """
    reference = kernels.wish() == "reference"
    if causal and (reference or allowed is not None or bias is not None):
        earlier = torch.ones(query.shape[2], key.shape[2], dtype=torch.bool, device=query.device).tril()
        allowed, causal = earlier if allowed is None else allowed & earlier, False
    if reference:
        weights = F.dropout(attention_weights(query, key, allowed, bias), dropout)
        return weights @ _for_every_head(value, query)
    mask = allowed if bias is None else bias if allowed is None else bias.masked_fill(~allowed, -math.inf)
    grouped = key.shape[1] != query.shape[1]
    return F.scaled_dot_product_attention(query, key, value, mask, dropout, causal, enable_gqa=grouped)


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
