"""A matrix state that corrects what it holds for a key before it writes: DeltaNet and gated DeltaNet."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from seqloom.kernels.matrix_state.chunks import carry, chunk_decays, chunk_length, into_chunks, out_of_chunks
from seqloom.kernels.matrix_state.forms import Forms, fold
from seqloom.kernels.transforms import forward_mode

__all__ = ["chunked", "delta_rule", "naive", "step"]


def step(
    query: Tensor, key: Tensor, value: Tensor, log_decay: Tensor, beta: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """S ← a S,  S ← S + β k (v - Sᵀ k)ᵀ,  y = Sᵀ q, with a = exp(``log_decay``).

    ``query``, ``key`` (B, N, K), ``value`` (B, N, V), ``log_decay``, ``beta`` (B, N), ``state`` (B, N, K, V) →
    y (B, N, V). With β in (0, 1) and keys of length 1 the write moves what S holds for k towards v (Schlag et al.,
    2021; Yang et al., 2024a; with the decay, Yang et al., 2024b, eq. 10).
    """
    state = log_decay.exp()[..., None, None] * state
    held = (key[..., None, :] @ state).squeeze(-2)
    change = beta[..., None] * (value - held)
    state = state + key[..., :, None] * change[..., None, :]
    return (query[..., None, :] @ state).squeeze(-2), state


def naive(
    queries: Tensor, keys: Tensor, values: Tensor, log_decay: Tensor, beta: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """The recurrence step by step, over sequences with T as axis 1."""
    return fold(step, (queries, keys, values, log_decay, beta), values, state)


def chunked(
    queries: Tensor, keys: Tensor, values: Tensor, log_decay: Tensor, beta: Tensor, state: Tensor, most: int = 32
) -> tuple[Tensor, Tensor]:
    """The same by matrix products, in chunks of at most ``most`` steps (Yang et al., 2024b, sec. 3.3).

    Within a chunk, with S the state at its start and a_{j:i} the decay after step j through step i, the changes
    d_i = β_i (v_i - a_{0:i} Sᵀ k_i - Σ_{j<i} a_{j:i} (k_j · k_i) d_j) are a triangular system: d_i = u_i - Sᵀ w_i.
    Then y_i = a_{0:i} Sᵀ q_i + Σ_{j≤i} a_{j:i} (q_i · k_j) d_j,  S ← a_{0:L} S + Σ_j a_{j:L} k_j d_jᵀ.
    """
    time = values.shape[1]
    length = chunk_length(time, most)
    q, k, v, log_a, b = (
        into_chunks(sequence, length).transpose(2, 3).contiguous()  # (B, C, N, L, …)
        for sequence in (queries, keys, values, log_decay, beta)
    )
    decays = chunk_decays(log_a)
    since_start, until_end, b = decays.since_start[..., None], decays.until_end[..., None], b[..., None]

    invert = _UnitTriangularInverse.forward if forward_mode() else _UnitTriangularInverse.apply
    inverse = invert((b * k @ k.mT) * decays.between)
    u, w = (inverse @ torch.cat([b * v, b * since_start * k], -1)).split([v.shape[-1], k.shape[-1]], -1)

    late_keys = (until_end * k).mT
    identity = torch.eye(k.shape[-1], dtype=k.dtype, device=k.device)
    kept = since_start[..., -1:, :] * identity - late_keys @ w  # (B, C, N, K, K)
    starts, last = carry(lambda a, x, s: x + a @ s, kept, late_keys @ u, state)

    changes = u - w @ starts
    y = since_start * (q @ starts) + (q @ k.mT * decays.between) @ changes
    return out_of_chunks(y.transpose(2, 3), time), last


class _UnitTriangularInverse(torch.autograd.Function):
    """(I + A)⁻¹ for the part of A (…, L, L) strictly below the diagonal; the rest of A is not read."""

    generate_vmap_rule = True

    @staticmethod
    def forward(a: Tensor) -> Tensor:
        wide = torch.promote_types(a.dtype, torch.float32)  # there is no solver in half precision
        identity = torch.eye(a.shape[-1], dtype=wide, device=a.device).expand_as(a)
        inverse: Tensor = torch.linalg.solve_triangular(a.to(wide), identity, upper=False, unitriangular=True)
        return inverse.to(a.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, arriving: Tensor) -> Tensor:
        # d(X⁻¹) = -X⁻¹ dX X⁻¹. Torch's own rule solves two more triangular systems, which are slower than products.
        inverse: Tensor = ctx.saved_tensors[0]
        return -(inverse.mT @ arriving @ inverse.mT).tril(-1)


delta_rule = Forms("delta_rule", step, naive, chunked, ("log_decay", "writing_strength"))
