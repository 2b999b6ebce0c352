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
    against the ``before`` + L + ``after`` keys in their reach.
    """

    before: int
    after: int
    positions: AttentionPositions
    dropout: float = 0.0

    def attend(self, query: Tensor, key: Tensor, value: Tensor, existing: Tensor) -> Tensor:
        """(B, T, N, K)."""
        batch, time, heads, size = query.shape
        block = self._block(time)
        beyond = max(block, time + -time % block) - time
        reach = self.before + block + self.after

        def blocks(keys: Tensor) -> Tensor:
            padded = F.pad(keys, (0, 0, 0, 0, 0, beyond)).unfold(1, reach, block)  # (B, T/L, M, K, reach)
            return padded.permute(0, 1, 2, 4, 3).flatten(0, 1)

        queries = F.pad(query, (0, 0, 0, 0, 0, beyond)).unflatten(1, (-1, block)).flatten(0, 1).transpose(1, 2)
        there = F.pad(existing.expand(batch, -1), (0, beyond)).unfold(1, reach, block).flatten(0, 1)
        distances = self._distances(block, reach, query.device)
        allowed = (distances >= -self.after) & (distances <= self.before) & there[:, None, None]
        bias = self.positions.bias(distances, query.dtype)
        y = attend(queries, blocks(key), blocks(value), allowed, bias, dropout=self.dropout)
        return y.transpose(1, 2).reshape(batch, time + beyond, heads, size)[:, :time]

    def _block(self, time: int) -> int:
        """The reference takes the whole sequence as one block, which is the plain formula with a mask."""
        if kernels.wish() == "reference":
            return max(time, 1)
        return max(min(time, max(self.before + self.after + 1, SMALLEST_BLOCK)), 1)

    def _distances(self, block: int, reach: int, device: torch.device) -> Tensor:
        """From key to query (L, reach), the same in every block."""
        return torch.arange(self.before, self.before + block, device=device)[:, None] - torch.arange(
            reach, device=device
        )
