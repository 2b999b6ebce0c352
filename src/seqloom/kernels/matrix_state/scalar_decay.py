"""A matrix state that decays as a whole: the recurrence of RetNet and of Mamba-2's state-space duality."""

from __future__ import annotations

import torch
from torch import Tensor, einsum

from seqloom.kernels.matrix_state.chunks import carry, chunk_decays, chunk_length, into_chunks, out_of_chunks
from seqloom.kernels.matrix_state.forms import Forms, fold

__all__ = ["chunked", "naive", "scalar_decay", "step"]


def step(query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """S ← a S + k vᵀ,  y = Sᵀ q, with a = exp(``log_decay``).

    ``query``, ``key`` (B, G, K), ``value`` (B, N, V), ``log_decay`` (B, N), ``state`` (B, N, K, V) → y (B, N, V).
    G divides N: each of G queries and keys serves N / G heads. Sources: Sun et al. (2023), eq. 6; Dao & Gu (2024),
    eq. 2 and sec. 7.
    """
    heads = value.shape[1] // key.shape[1]
    query, key = query.repeat_interleave(heads, 1), key.repeat_interleave(heads, 1)
    state = log_decay.exp()[..., None, None] * state + key[..., :, None] * value[..., None, :]
    return (query[..., None, :] @ state).squeeze(-2), state


def naive(queries: Tensor, keys: Tensor, values: Tensor, log_decay: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """The recurrence step by step, over sequences with T as axis 1."""
    return fold(step, (queries, keys, values, log_decay), values, state)


def chunked(
    queries: Tensor, keys: Tensor, values: Tensor, log_decay: Tensor, state: Tensor, most: int = 64
) -> tuple[Tensor, Tensor]:
    """The same by matrix products, in chunks of at most ``most`` steps (Dao & Gu, 2024, sec. 6).

    Within a chunk, with S the state at its start and a_{j:i} the decay after step j through step i:
    y_i = a_{0:i} Sᵀ q_i + Σ_{j≤i} a_{j:i} (q_i · k_j) v_j,   S ← a_{0:L} S + Σ_j a_{j:L} k_j v_jᵀ.
    """
    time, groups = keys.shape[1:3]
    length = chunk_length(time, most)
    by_group = (groups, values.shape[2] // groups)  # N heads are G groups of R
    q, k, v, log_a = (into_chunks(sequence, length) for sequence in (queries, keys, values, log_decay))
    v, log_a = v.unflatten(3, by_group), log_a.unflatten(3, by_group)
    decays = chunk_decays(log_a.permute(0, 1, 3, 4, 2))  # (B, C, G, R, L)
    since_start, until_end = (decay.permute(0, 1, 4, 2, 3)[..., None] for decay in decays[:2])  # (B, C, L, G, R, 1)

    written = einsum("bcjgk,bcjgrv->bcgkrv", k, v * until_end)
    first = state.unflatten(1, by_group).transpose(2, 3)  # (B, G, K, R, V)
    kept = decays.since_start[..., -1][:, :, :, None, :, None]
    starts, last = carry(lambda a, w, s: torch.addcmul(w, a, s), kept, written, first)

    scores = einsum("bcigk,bcjgk->bcgij", q, k)[:, :, :, None] * decays.between  # (B, C, G, R, L, L)
    y = einsum("bcgrij,bcjgrv->bcigrv", scores, v) + since_start * einsum("bcigk,bcgkrv->bcigrv", q, starts)
    return out_of_chunks(y.flatten(3, 4), time), last.transpose(2, 3).flatten(1, 2)


scalar_decay = Forms("scalar_decay", step, naive, chunked, ("log_decay",))
