"""Attention to a band of neighbours, in blocks: time and memory grow with T, not with T².

Axes: B batch, N heads, M key heads, T queries, K head size, L block.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom import kernels
from seqloom.layers.attention.dot_product import attend
from seqloom.layers.attention.positions import AttentionPositions

__all__ = ["Band"]

SMALLEST_BLOCK = 64


@dataclass(frozen=True)
class Band:
    """Each query sees ``before`` keys before its own, its own, and ``after`` keys after it (Beltagy et al., 2020).

    Queries are (B, T, N, K), keys and values (B, before + T + after, M, K), so that the key of query t stands at
    ``before`` + t; ``existing`` (B or 1, before + T + after) says which keys are there. Blocks of L queries are set
    against the ``before`` + L + ``after`` keys in their reach; the reference masks the whole instead.
    """

    before: int
    after: int
    positions: AttentionPositions
    dropout: float = 0.0

    def attend(self, query: Tensor, key: Tensor, value: Tensor, existing: Tensor) -> Tensor:
        """(B, T, N, K)."""
        batch, time, *_ = query.shape
        block = max(self.before + self.after + 1, SMALLEST_BLOCK)
        if time <= block or kernels.wish() == "reference":
            return self._whole(query, key, value, existing)
        reach, beyond = self.before + block + self.after, -time % block

        def blocks(keys: Tensor) -> Tensor:
            """(B, before + T + after, …) → (B · blocks, reach, …)."""
            padded = F.pad(keys, (0, 0) * (keys.ndim - 2) + (0, beyond))
            return padded.unfold(1, reach, block).movedim(-1, 2).flatten(0, 1)

        queries = F.pad(query, (0, 0, 0, 0, 0, beyond)).unflatten(1, (-1, block)).flatten(0, 1)
        y = self._whole(queries, blocks(key), blocks(value), blocks(existing.expand(batch, -1)))
        return y.reshape(batch, time + beyond, *y.shape[2:])[:, :time]

    def _whole(self, query: Tensor, key: Tensor, value: Tensor, existing: Tensor) -> Tensor:
        """The formula, with everything outside of the band masked."""
        queries = torch.arange(self.before, self.before + query.shape[1], device=query.device)
        distances = queries[:, None] - torch.arange(key.shape[1], device=query.device)
        near = (distances >= -self.after) & (distances <= self.before)
        bias = self.positions.bias(distances, query.dtype)
        q, k, v = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
        return attend(q, k, v, near & existing[:, None, None], bias, dropout=self.dropout).transpose(1, 2)
