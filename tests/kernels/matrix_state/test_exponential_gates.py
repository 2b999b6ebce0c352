"""The mLSTM's recurrence: three forms with the same numbers, whatever the cuts and the size of the gates."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqloom.kernels.matrix_state.exponential_gates import ExponentialState, chunked, exponential_gates, naive, step
from seqloom.testing.closeness import assert_close, assert_same_state

SIZES = [(1, 1, 1, 1, 1), (2, 65, 3, 4, 5), (3, 130, 2, 5, 3), (2, 7, 1, 3, 8)]
"""B, T, N, K, V."""


def drawn(size: tuple[int, ...], dtype: torch.dtype, gate_size: float = 3.0, seed: int = 0) -> list[Tensor]:
    """Queries, keys, values, both gates, and a state that is not zero."""
    batch, time, heads, keys, values = size
    torch.manual_seed(seed)
    sequences = [torch.randn(batch, time, heads, width) for width in (keys, keys, values)]
    gates = [gate_size * torch.randn(batch, time, heads), F.logsigmoid(gate_size * torch.randn(batch, time, heads))]
    state = [torch.randn(batch, heads, keys, values), torch.randn(batch, heads, keys), torch.randn(batch, heads)]
    return [tensor.to(dtype) for tensor in (*sequences, *gates, *state)]


def run(form, tensors: list[Tensor]) -> list[Tensor]:
    """Outputs, final state and all gradients of a fixed projection of them."""
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    y, state = form(*leaves[:5], ExponentialState(*leaves[5:]))
    results = [y, *state]
    total = sum((part * torch.cos(torch.arange(part.numel()).view_as(part).to(part))).sum() for part in results)
    return [part.detach() for part in (*results, *torch.autograd.grad(total, leaves))]


@pytest.mark.parametrize("size", SIZES)
def test_the_forms_agree_in_float64(size: tuple[int, ...]) -> None:
    tensors = drawn(size, torch.float64)
    for got, wanted in zip(run(chunked, tensors), run(naive, tensors), strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("size", SIZES)
def test_the_chunked_form_is_as_good_in_float32(size: tuple[int, ...]) -> None:
    single = drawn(size, torch.float32)
    double = [tensor.double() for tensor in single]
    exact, rough = run(naive, double), run(naive, single)
    for got, plain, wanted in zip(run(chunked, single), rough, exact, strict=True):
        scale = 1.0 + float(wanted.abs().max())
        error = float((got.double() - wanted).abs().max()) / scale
        assert error <= max(2e-6 * 64**0.5, 4 * float((plain.double() - wanted).abs().max()) / scale)


@settings(max_examples=25)
@given(time=st.integers(0, 150), cut=st.integers(0, 150), seed=st.integers(0, 1000))
def test_cuts_change_nothing(time: int, cut: int, seed: int) -> None:
    *sequences, memory, normaliser, m = drawn((2, time, 2, 3, 4), torch.float64, seed=seed)
    state = ExponentialState(memory, normaliser, m)
    whole, end = chunked(*sequences, state)
    left, middle = chunked(*(sequence[:, :cut] for sequence in sequences), state)
    right, last = chunked(*(sequence[:, cut:] for sequence in sequences), middle)
    assert_close(torch.cat([left, right], 1), whole, f"{time} steps cut at {cut}")
    assert_same_state(last, end, f"{time} steps cut at {cut}")


def test_huge_gates_stay_finite_and_agree() -> None:
    """exp(±300) is beyond float32; the stabiliser keeps it out of the numbers."""
    tensors = drawn((2, 100, 2, 3, 4), torch.float32, gate_size=100.0)
    for got, wanted in zip(run(chunked, tensors)[:4], run(naive, tensors)[:4], strict=True):
        assert_close(got, wanted, "huge gates", terms=4096)


def test_the_stabiliser_is_a_matter_of_bookkeeping() -> None:
    """The same C e^m and n e^m at another m gives the same outputs, but for the authors' 1e-6 in the denominator."""
    q, k, v, i, f, memory, normaliser, m = drawn((2, 20, 2, 3, 4), torch.float64)
    y, _ = chunked(q, k, v, i, f, ExponentialState(memory, normaliser, m))
    moved = ExponentialState(memory * 0.5, normaliser * 0.5, m + torch.tensor(2.0).log())
    other, _ = chunked(q, k, v, i, f, moved)
    torch.testing.assert_close(other, y, rtol=1e-4, atol=1e-4)


def test_without_the_stabiliser_it_is_the_plain_recurrence() -> None:
    """Beck et al., eq. 19 to 22: C' = f C + i k vᵀ, n' = f n + i k, y = Cᵀ q / max(|nᵀ q|, 1)."""
    q, k, v, i, f, *_ = drawn((2, 9, 2, 3, 4), torch.float64, gate_size=0.5)
    memory, normaliser = torch.zeros(2, 2, 3, 4).double(), torch.zeros(2, 2, 3).double()
    y, _ = chunked(q, k, v, i, f, ExponentialState(memory, normaliser, torch.zeros(2, 2).double()))
    for t in range(9):
        gate, keep = i[:, t].exp()[..., None], f[:, t].exp()[..., None]
        memory = keep[..., None] * memory + (gate * k[:, t])[..., None] * v[:, t, :, None, :]
        normaliser = keep * normaliser + gate * k[:, t]
        total = (normaliser * q[:, t]).sum(-1, keepdim=True).abs().clamp(min=1)
        wanted = torch.einsum("bnkv,bnk->bnv", memory, q[:, t]) / total
        torch.testing.assert_close(y[:, t], wanted, rtol=1e-5, atol=1e-5)


def test_a_closed_gate_leaves_the_state_as_it_is() -> None:
    q, k, v, i, f, *state = drawn((2, 1, 2, 3, 4), torch.float64)
    closed, kept = torch.full_like(i[:, 0], -torch.inf), torch.zeros_like(f[:, 0])
    _, after = step(q[:, 0], k[:, 0], v[:, 0], closed, kept, ExponentialState(*state))
    assert all(torch.equal(a, b) for a, b in zip(after, state, strict=True))


def test_no_steps_leave_the_state_as_it_is() -> None:
    q, k, v, i, f, *state = drawn((2, 0, 2, 3, 4), torch.float64)
    y, after = exponential_gates(q, k, v, i, f, state=ExponentialState(*state))
    assert y.shape == (2, 0, 2, 4)
    for a, b in zip(after, state, strict=True):
        torch.testing.assert_close(a, b)
