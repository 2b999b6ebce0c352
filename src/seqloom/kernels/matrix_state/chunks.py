"""What the chunked forms share: cutting time into chunks, decays inside a chunk, states between chunks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["ChunkDecays", "carry", "chunk_decays", "chunk_length", "into_chunks", "out_of_chunks"]

SMALLEST_LOG = -750.0
"""exp of it is 0 in float64. Clamping there keeps −inf − (−inf), which is NaN, out of the differences."""


def chunk_length(time: int, most: int) -> int:
    """The length of equal chunks, at most ``most`` long, that leaves the least room after the last step.

    >>> chunk_length(65, 64), chunk_length(3, 64)
    (33, 3)
    """
    return math.ceil(time / math.ceil(time / most)) if time else 1


def into_chunks(sequence: Tensor, length: int, fill: float = 0.0) -> Tensor:
    """(B, T, …) → (B, C, L, …), with ``fill`` after the last step; C is at least 1."""
    batch, time, *rest = sequence.shape
    chunks = max(math.ceil(time / length), 1)
    missing = chunks * length - time
    if missing:
        sequence = F.pad(sequence, [0, 0] * len(rest) + [0, missing], value=fill)
    return sequence.reshape(batch, chunks, length, *rest)


def out_of_chunks(chunks: Tensor, time: int) -> Tensor:
    """(B, C, L, …) → (B, T, …)."""
    return chunks.flatten(1, 2)[:, :time]


class ChunkDecays(NamedTuple):
    """The decay over parts of a chunk: from its start through step i; after step j to its end; after j through i.

    ``since_start`` and ``until_end`` are (…, L); ``between`` is (…, L, L), with 0 where j > i.
    """

    since_start: Tensor
    until_end: Tensor
    between: Tensor


def chunk_decays(log_decay: Tensor) -> ChunkDecays:
    """The products of exp(``log_decay``) (…, L) over parts of the chunk.

    Each is exp(Σ_i − Σ_j) of two running sums. Every exponent is at most 0, and the sums are float64, so that the
    difference of two large ones is still exact enough.
    """
    dtype, length = log_decay.dtype, log_decay.shape[-1]
    total = log_decay.clamp(min=SMALLEST_LOG).double().cumsum(-1)
    future = torch.ones(length, length, dtype=torch.bool, device=log_decay.device).triu(1)
    between = (total[..., :, None] - total[..., None, :]).to(dtype).masked_fill(future, -torch.inf)
    return ChunkDecays(total.to(dtype).exp(), (total[..., -1:] - total).to(dtype).exp(), between.exp())


def carry(
    advance: Callable[[Tensor, Tensor, Tensor], Tensor], kept: Tensor, written: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """From chunk to chunk: state_{c+1} = ``advance(kept_c, written_c, state_c)``.

    ``kept`` and ``written`` are (B, C, …); gives each chunk's first state (B, C, …) and the last state of all.
    """
    starts = []
    for kept_c, written_c in zip(kept.unbind(1), written.unbind(1), strict=True):
        starts.append(state)
        state = advance(kept_c, written_c, state)
    return torch.stack(starts, 1), state
