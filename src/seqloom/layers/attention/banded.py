"""Attention to a band of neighbours, in blocks: time and memory grow with T, not with T².

Axes: B batch, N heads, M key heads, T queries, K head size, L block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom.kernels import Backend, Kernel, Operation
from seqloom.kernels.backend import FUSED, REFERENCE, TORCH
from seqloom.kernels.transforms import forward_mode
from seqloom.layers.attention.dot_product import FORMULA, TORCH_ATTENTION, Attention
from seqloom.layers.attention.positions import AttentionPositions

__all__ = ["BANDED_ATTENTION", "Band", "Banded"]

SMALLEST_BLOCK = 64


@dataclass(frozen=True)
class Band:
    """Each query sees ``before`` keys before its own, its own, and ``after`` keys after it (Beltagy et al., 2020).

    Queries are (B, T, N, K), keys and values (B, before + T + after, M, K), so that the key of query t stands at
    ``before`` + t; ``existing`` (B or 1, before + T + after) says which keys are there. The backend
    "fused" sets blocks of L queries against the ``before`` + L + ``after`` keys in their reach; the others mask the
    whole instead.
    """

    before: int
    after: int
    positions: AttentionPositions
    dropout: float = 0.0

    def attend(self, query: Tensor, key: Tensor, value: Tensor, existing: Tensor) -> Tensor:
        """(B, T, N, K)."""
        return BANDED_ATTENTION(Banded(self, query, key, value, existing))

    @property
    def block(self) -> int:
        """L: as many queries as a query sees keys, and no fewer than are worth a product."""
        return max(self.before + self.after + 1, SMALLEST_BLOCK)


class Banded(NamedTuple):
    """What a band is asked for; the names are the arguments of ``Band.attend``."""

    band: Band
    query: Tensor
    key: Tensor
    value: Tensor
    existing: Tensor

    def whole(self, kernel: Kernel[Attention, Tensor]) -> Tensor:
        """By ``kernel``, with everything outside of the band masked."""
        return kernel.run(self.masked()).transpose(1, 2)

    def masked(self) -> Attention:
        """The same as attention to everything, masked outside of the band."""
        band, query, key, value, existing = self
        queries = torch.arange(band.before, band.before + query.shape[1], device=query.device)
        distances = queries[:, None] - torch.arange(key.shape[1], device=query.device)
        near = (distances >= -band.after) & (distances <= band.before)
        bias = band.positions.bias(distances, query.dtype)
        q, k, v = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
        allowed = near & existing[:, None, None]
        return Attention(q, k, v, allowed, bias, dropout=band.dropout)


class _Whole(Kernel[Banded, Tensor]):
    def __init__(self, backend: Backend, attention: Kernel[Attention, Tensor]) -> None:
        self.backend, self.attention = backend, attention
        self.summary = f"{attention.summary}, masked outside of the band"

    def refusal(self, work: Banded) -> str | None:
        return forward_mode() if self.backend is TORCH else None

    def run(self, work: Banded) -> Tensor:
        return work.whole(self.attention)


class _InBlocks(Kernel[Banded, Tensor]):
    backend = FUSED
    summary = "torch's fused kernel on blocks of queries and the keys in their reach"

    def refusal(self, work: Banded) -> str | None:
        return forward_mode() if work.query.shape[1] else "there are no queries"

    def deference(self, work: Banded) -> str | None:
        return "everything fits into one block" if work.query.shape[1] <= work.band.block else None

    def run(self, work: Banded) -> Tensor:
        band, query, key, value, existing = work
        batch, time, *_ = query.shape
        block = band.block
        reach, beyond = band.before + block + band.after, -time % block

        def blocks(keys: Tensor) -> Tensor:
            """(B, before + T + after, …) → (B · blocks, reach, …)."""
            padded = F.pad(keys, (0, 0) * (keys.ndim - 2) + (0, beyond))
            return padded.unfold(1, reach, block).movedim(-1, 2).flatten(0, 1)

        queries = F.pad(query, (0, 0, 0, 0, 0, beyond)).unflatten(1, (-1, block)).flatten(0, 1)
        existing = blocks(existing.expand(batch, -1))
        y = Banded(band, queries, blocks(key), blocks(value), existing).whole(TORCH_ATTENTION)
        return y.reshape(batch, time + beyond, *y.shape[2:])[:, :time]


BANDED_ATTENTION = Operation[Banded, Tensor](
    "attention to a band", (_InBlocks(), _Whole(TORCH, TORCH_ATTENTION), _Whole(REFERENCE, FORMULA))
)
