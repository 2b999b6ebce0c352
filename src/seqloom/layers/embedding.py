"""Tokens as vectors. Token -1 is the start symbol whose input is the zero vector."""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers.front import Front
from seqloom.layers.padding import real_steps
from seqloom.layers.protocol import check_lengths

__all__ = ["Embedding", "LearnedEmbedding", "OneHot"]

NOTHING = -1


class Embedding(Front):
    """tokens (…) → vectors (…, D); token -1 gives zeros, and so do all beyond the end of a row."""

    vocabulary_size: int

    @abstractmethod
    def forward(self, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        """tokens (…) of int64 → (…, D); with ``lengths`` (B,) they are (B, T)."""


class LearnedEmbedding(Embedding):
    """``scale`` times row ``token`` of a learned table (V, D) (Bengio et al., 2003), from N(0, 1) at first.

    Vectors of entries of size 1 let a gate hear the input as loudly as the state from the first step on. A table that
    is also the head's weight (``tied_head``) is smaller, N(0, 1 / ``scale``²), and ``scale`` √D makes up for it
    (Vaswani et al., 2017, sec. 3.4); the default is 1. Raises UsageError for a scale that is not above 0.

    >>> import torch
    >>> LearnedEmbedding(5, 3)(torch.tensor([[0, -1]])).shape
    torch.Size([1, 2, 3])
    """

    def __init__(self, vocabulary_size: int, features: int, scale: float = 1.0) -> None:
        super().__init__()
        if not 0 < scale < math.inf:
            raise UsageError(f"The scale of an embedding is a number above 0; got {scale!r}.")
        self.vocabulary_size, self.out_features, self.scale = vocabulary_size, features, scale
        self.table = nn.Parameter(torch.randn(vocabulary_size, features) / scale)

    def forward(self, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        vectors = _rows(self, self.table, tokens, lengths)
        return vectors if self.scale == 1 else self.scale * vectors


class OneHot(Embedding):
    """1 at place ``token``, 0 elsewhere: nothing to learn.

    >>> import torch
    >>> OneHot(3)(torch.tensor([2, -1]))
    tensor([[0., 0., 1.],
            [0., 0., 0.]])
    """

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__()
        self.vocabulary_size = self.out_features = vocabulary_size
        self.register_buffer("units", torch.eye(vocabulary_size), persistent=False)
        self.units: Tensor

    def forward(self, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        return _rows(self, self.units, tokens, lengths)


def _rows(embedding: Embedding, table: Tensor, tokens: Tensor, lengths: Tensor | None) -> Tensor:
    """The rows (…, D) of ``table`` (V, D) for tokens (…), zeros for -1 and beyond each row's end."""
    if lengths is not None:
        lengths = check_lengths(embedding, lengths, *tokens.shape[:2])
        tokens = tokens if lengths is None else tokens.where(real_steps(tokens, lengths), NOTHING)
    nothing = tokens == NOTHING
    if tokens.is_floating_point():
        raise UsageError(f"Tokens are whole numbers; got {tokens.dtype}.")
    try:
        vectors = F.embedding(tokens.masked_fill(nothing, 0), table)
    except IndexError:
        raise UsageError(
            f"Tokens are from 0 to {len(table) - 1}, or -1 for nothing; got {int(tokens.min())} to {int(tokens.max())}."
        ) from None
    return torch.where(nothing[..., None], 0.0, vectors)
