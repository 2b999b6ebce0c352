"""A matrix state whose rows decay by themselves: the recurrence of gated linear attention."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.kernels.matrix_state.chunks import carry, into_chunks, out_of_chunks
from seqloom.kernels.matrix_state.forms import Forms, fold

__all__ = ["chunked", "naive", "step", "vector_decay"]


def step(query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """S ← diag(a) S + k vᵀ,  y = Sᵀ q, with a = exp(``log_decay``).

    ``query``, ``key``, ``log_decay`` (B, N, K), ``value`` (B, N, V), ``state`` (B, N, K, V) → y (B, N, V).
    Source: Yang et al. (2023), eq. 3.
    """
    state = log_decay.exp()[..., None] * state + key[..., :, None] * value[..., None, :]
    return (query[..., None, :] @ state).squeeze(-2), state


def naive(queries: Tensor, keys: Tensor, values: Tensor, log_decay: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """The recurrence step by step, over sequences with T as axis 1."""
    return fold(step, (queries, keys, values, log_decay), values, state)


def chunked(
    queries: Tensor, keys: Tensor, values: Tensor, log_decay: Tensor, state: Tensor, most: int = 32
) -> tuple[Tensor, Tensor]:
    """The same by matrix products, in chunks of at most ``most`` steps, a power of two (Yang et al., 2023, sec. 4).

    Within a chunk, with S the state at its start and a_{j:i} the decays after step j through step i:
    y_i = Sᵀ (a_{0:i} ∘ q_i) + Σ_{j≤i} (q_i · (a_{j:i} ∘ k_j)) v_j,   S ← diag(a_{0:L}) S + Σ_j (a_{j:L} ∘ k_j) v_jᵀ.
    """
    time = values.shape[1]
    length = min(most, 1 << max(time - 1, 0).bit_length())
    q, k, v, a = (
        into_chunks(sequence, length).transpose(2, 3)  # (B, C, N, L, …)
        for sequence in (queries, keys, values, log_decay)
    )
    inside = _inside_chunks(q, k, a.exp())
    starts, last = carry(lambda a, w, s: torch.addcmul(w, a.mT, s), inside.decay, inside.late_keys.mT @ v, state)
    y = inside.queries @ starts + inside.scores @ v
    return out_of_chunks(y.transpose(2, 3), time), last


class _Inside(NamedTuple):
    """For a chunk of L steps: q_i · (a_{j:i} ∘ k_j), 0 where j > i; a_{0:i} ∘ q_i; a_{j:L} ∘ k_j; a_{0:L}."""

    scores: Tensor  # (…, L, L)
    queries: Tensor  # (…, L, K)
    late_keys: Tensor  # (…, L, K)
    decay: Tensor  # (…, 1, K)


def _inside_chunks(q: Tensor, k: Tensor, a: Tensor) -> _Inside:
    """From q, k and decays (…, L, K): blocks of one step are joined in pairs until one block is left.

    The score of a late query and an early key is the product of what decays since and until the border between their
    blocks. So decays are only ever multiplied, never divided, and strong ones become 0 without harm.
    """
    blocks = _Inside((q * k).sum(-1)[..., None, None], *(one[..., None, :] for one in (q * a, k, a)))  # (…, L, 1, ·)
    while blocks.scores.shape[-3] > 1:
        pairs = (one.unflatten(-3, (-1, 2)).unbind(-3) for one in blocks)
        early, late = (_Inside(*side) for side in zip(*pairs, strict=True))
        across = late.queries @ early.late_keys.mT
        upper, lower = [early.scores, torch.zeros_like(across)], [across, late.scores]
        blocks = _Inside(
            torch.cat([torch.cat(upper, -1), torch.cat(lower, -1)], -2),
            torch.cat([early.queries, early.decay * late.queries], -2),
            torch.cat([late.decay * early.late_keys, late.late_keys], -2),
            early.decay * late.decay,
        )
    return _Inside(*(one.squeeze(-3) for one in blocks))


vector_decay = Forms("vector_decay", step, naive, chunked, ("log_decay",))
