"""A matrix state under exponential gates, with a normaliser and a stabiliser: the recurrence of the mLSTM.

Beck et al. (2024), eq. 19 to 27. The gates come as logarithms, log i of any size and log f (a log-sigmoid, or any other
number, -∞ too). The stabiliser m is the largest logarithm so far; C and n are kept divided by e^m, and outputs do not
depend on it. A step with log i = -∞ and log f = 0 leaves the state as it is.

Axes: B batch, T time, N heads, K size of a key, V size of a value; C chunks of L steps.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.kernels.matrix_state.chunks import chunk_length, into_chunks, out_of_chunks
from seqloom.kernels.matrix_state.forms import Forms, fold
from seqloom.kernels.transforms import known_to_torch

__all__ = ["ExponentialState", "chunked", "exponential_gates", "naive", "step"]

EPSILON = 1e-6
"""Added to the denominator, as in the authors' code."""
LOWEST = -60.0
"""Below it m counts as this in the denominator, so that e^-m stays finite; outputs are 0 there, to any precision."""


SMALLEST_FORGET = -1e5
"""Below it log f counts as this, by which any memory is forgotten: -∞ would leave m none to begin anew from, and sums
of much larger numbers than this would lose the digits of the others."""


@known_to_torch
class ExponentialState(NamedTuple):
    """``memory`` C (B, N, K, V) and ``normaliser`` n (B, N, K), both divided by e^m, and ``stabiliser`` m (B, N)."""

    memory: Tensor
    normaliser: Tensor
    stabiliser: Tensor


def step(
    query: Tensor, key: Tensor, value: Tensor, log_input: Tensor, log_forget: Tensor, state: ExponentialState
) -> tuple[Tensor, ExponentialState]:
    """One step: query, key (B, N, K), value (B, N, V), gates (B, N) → y (B, N, V).

    m' = max(log f + m, log i);  i' = exp(log i - m');  f' = exp(log f + m - m');
    C' = f' C + i' k vᵀ;  n' = f' n + i' k;  y = C'ᵀ q / max(|n'ᵀ q|, e^-m').
    """
    memory, normaliser, old = state
    log_forget = log_forget.clamp(min=SMALLEST_FORGET)
    m = torch.maximum(log_forget + old, log_input)
    i, f = torch.exp(log_input - m)[..., None], torch.exp(log_forget + old - m)[..., None]
    memory = f[..., None] * memory + (i * key)[..., :, None] * value[..., None, :]
    normaliser = f * normaliser + i * key
    total = (normaliser * query).sum(-1)
    y = (query[..., None, :] @ memory).squeeze(-2) / _denominator(total, m)[..., None]
    return y, ExponentialState(memory, normaliser, m)


def naive(
    queries: Tensor, keys: Tensor, values: Tensor, log_input: Tensor, log_forget: Tensor, state: ExponentialState
) -> tuple[Tensor, ExponentialState]:
    """``step`` over time, the paper's recurrence: queries, keys (B, T, N, K), values (B, T, N, V), gates (B, T, N)."""
    return fold(step, (queries, keys, values, log_input, log_forget), values, state)


def chunked(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    log_input: Tensor,
    log_forget: Tensor,
    state: ExponentialState,
    most: int = 64,
) -> tuple[Tensor, ExponentialState]:
    """The same by matrix products, in chunks of at most ``most`` steps.

    Within a chunk, with b_i the sum of log f through step i and C, n, m the state at its start:
    log d_ij = b_i - b_j + log i_j for j ≤ i;  m_i = max(b_i + m, max_j log d_ij);
    y_i = (e^(b_i + m - m_i) Cᵀ q_i + Σ_j e^(log d_ij - m_i) (q_i·k_j) v_j) / max(|…|, e^-m_i), the sum in |…| being the
    same with n for C and 1 for v_j. m_i is the m of ``step``, so that no cut changes a number.
    """
    time = queries.shape[1]
    length = chunk_length(time, most)
    q, k, v = (into_chunks(s, length).transpose(2, 3) for s in (queries, keys, values))  # (B, C, N, L, ·)
    log_i = into_chunks(log_input, length, fill=-torch.inf).transpose(2, 3)  # (B, C, N, L)
    log_f = into_chunks(log_forget.clamp(min=SMALLEST_FORGET), length).transpose(2, 3)
    reached = log_f.double().cumsum(-1)  # sums in float64: differences of large ones stay exact

    starts, final = _between_chunks(k, v, log_i, reached, state)
    future = torch.ones(length, length, dtype=torch.bool, device=q.device).triu(1)
    since = (reached[..., :, None] - reached[..., None, :]).to(q.dtype)
    log_d = (since + log_i[..., None, :]).masked_fill(future, -torch.inf)  # (B, C, N, L, L)
    from_start = reached.to(q.dtype) + starts.stabiliser[..., None]
    m = torch.maximum(from_start, log_d.amax(-1))
    weights = (q @ k.mT) * torch.exp(log_d - m[..., None])
    read = q * torch.exp(from_start - m)[..., None]
    total = weights.sum(-1) + (read @ starts.normaliser[..., None]).squeeze(-1)
    y = (weights @ v + read @ starts.memory) / _denominator(total, m)[..., None]
    return out_of_chunks(y.transpose(2, 3), time), final


def _denominator(total: Tensor, m: Tensor) -> Tensor:
    return torch.maximum(total.abs(), torch.exp(-m.clamp(min=LOWEST))) + EPSILON


def _between_chunks(
    k: Tensor, v: Tensor, log_i: Tensor, reached: Tensor, state: ExponentialState
) -> tuple[ExponentialState, ExponentialState]:
    """The state at the start of each chunk (B, C, …), and after the last one."""
    whole = reached[..., -1].to(k.dtype)  # (B, C, N): the sum of log f over a chunk
    log_kept = (reached[..., -1:] - reached).to(k.dtype) + log_i  # what each step leaves at the chunk's end
    m = [state.stabiliser]
    for log_f, most in zip(whole.unbind(1), log_kept.amax(-1).unbind(1), strict=True):
        m.append(torch.maximum(log_f + m[-1], most))
    before, after = torch.stack(m[:-1], 1), torch.stack(m[1:], 1)
    kept = k * torch.exp(log_kept - after[..., None])[..., None]
    decays = torch.exp(whole + before - after)[..., None]
    memory, normaliser = [state.memory], [state.normaliser]
    for decay, new, keys in zip(decays.unbind(1), (kept.mT @ v).unbind(1), kept.sum(-2).unbind(1), strict=True):
        memory.append(decay[..., None] * memory[-1] + new)
        normaliser.append(decay * normaliser[-1] + keys)
    starts = ExponentialState(torch.stack(memory[:-1], 1), torch.stack(normaliser[:-1], 1), before)
    return starts, ExponentialState(memory[-1], normaliser[-1], m[-1])


GATES = "log_input_gate", "log_forget_gate"
exponential_gates = Forms("exponential_gates", step, naive, chunked, GATES, ExponentialState)
