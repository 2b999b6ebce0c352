"""Decays of exactly 0 and 1, and gates of any size: the forms agree, in values and gradients, and no NaN arises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from seqloom.kernels.matrix_state import (
    ExponentialState,
    Forms,
    delta_rule,
    exponential_gates,
    scalar_decay,
    vector_decay,
)
from seqloom.kernels.matrix_state.exponential_gates import EPSILON
from seqloom.testing.closeness import tolerance

BATCH, TIME, HEADS, KEY, VALUE = 2, 70, 2, 5, 3

DECAYS: dict[str, list[float]] = {
    "1": [0.0],
    "0": [-torch.inf],
    "0 in some formats": [-80.0, -100.0, -745.0, -760.0, -1e30],
    "0, 1 and between": [0.0, -torch.inf, -0.1, -1e30],
}
"""Logarithms of decays, drawn at random."""

GATES: dict[str, tuple[list[float], list[float]]] = {
    "open": ([0.0], [0.0]),
    "nothing is written": ([-torch.inf, -1e30], [0.0]),
    "nothing is kept": ([0.0, 3.0], [-1e30, -torch.inf]),
    "neither": ([-torch.inf, -1e30], [-torch.inf, -1e5]),
    "seldom anything is kept": ([0.0, 1.0, -2.0], [-torch.inf, -0.1, -0.2, -0.3, -0.4]),
    "huge": ([1e3, 1e4, 1e30], [0.0, -0.1]),
    "all of them": ([0.0, 1e3, -1e3, 1e4, -1e4, -torch.inf], [0.0, -1e3, -1e4, -0.1, -torch.inf]),
}
"""Logarithms of input and forget gates."""

RECURRENCES: dict[str, tuple[Forms[Any], tuple[int, ...], bool]] = {
    "scalar decay": (scalar_decay, (), False),
    "vector decay": (vector_decay, (KEY,), False),
    "delta rule": (delta_rule, (), True),
}
"""The forms, the axes of a decay beside (B, T, N), whether there is a β."""

each_format = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


def chosen(levels: list[float], *sizes: int) -> Tensor:
    """(B, T, N, …) of ``levels`` at random."""
    return torch.tensor(levels)[torch.randint(len(levels), (BATCH, TIME, HEADS, *sizes))]


def normal(*sizes: int) -> Tensor:
    return torch.randn(BATCH, TIME, HEADS, *sizes)


def outcome(form: Callable[..., Any], inputs: list[Tensor], state: Any) -> list[Tensor]:
    """The outputs, and the gradients of a fixed projection of them."""
    given = [one.clone().requires_grad_() for one in inputs]
    y, _ = form(*given, state)
    loss = (y * torch.cos(torch.arange(y.numel())).view_as(y).to(y)).sum()
    found = torch.autograd.grad(loss, given, allow_unused=True)
    return [y.detach(), *(torch.zeros_like(a) if g is None else g for a, g in zip(given, found, strict=True))]


def stepwise(recurrence: Forms[Any]) -> Callable[..., Any]:
    """Single steps, as a stream takes them."""

    def run(*given: Any) -> tuple[Tensor, Any]:
        *sequences, state = given
        outputs = []
        for t in range(TIME):
            y, state = recurrence.one_step(*(one[:, t] for one in sequences), state=state)
            outputs.append(y)
        return torch.stack(outputs, 1), state

    return run


def assert_forms_agree(recurrence: Forms[Any], inputs: list[Tensor], state: Any, slack: float = 0.0) -> None:
    """By the table of tolerances; the gradients of gates, which come after q, k and v, may differ by ``slack``."""
    wanted = outcome(recurrence.naive, inputs, state)
    assert all(bool(one.isfinite().all()) for one in wanted)
    for name, form in (("chunked", recurrence.chunked), ("step", stepwise(recurrence))):
        for k, (got, one) in enumerate(zip(outcome(form, inputs, state), wanted, strict=True)):
            allowed = max(tolerance(one.dtype, 4096), slack if k > 3 else 0.0) * (1.0 + float(one.abs().max()))
            assert float((got - one).abs().max()) <= allowed, f"{name}: result {k}"


@each_format
@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("name", RECURRENCES)
def test_decays_at_their_ends(name: str, decay: str, dtype: torch.dtype) -> None:
    recurrence, axes, corrects = RECURRENCES[name]
    inputs = [normal(KEY), normalize(normal(KEY), dim=-1), normal(VALUE), chosen(DECAYS[decay], *axes)]
    inputs += [torch.rand(BATCH, TIME, HEADS)] * corrects
    state = torch.randn(BATCH, HEADS, KEY, VALUE, dtype=dtype)
    assert_forms_agree(recurrence, [one.to(dtype) for one in inputs], state)


@pytest.mark.parametrize("gates", GATES)
@pytest.mark.parametrize("empty", [True, False], ids=["empty", "filled"])
def test_gates_of_any_size(gates: str, empty: bool) -> None:
    """In float64; in float32 a logarithm of 10⁴ has no digits left that a stabiliser could save.

    Where gates are equal the stabiliser has no derivative but one-sided ones, and outputs know it by ``EPSILON`` alone.
    """
    inputs = [normal(KEY), normal(KEY), normal(VALUE), *(chosen(levels) for levels in GATES[gates])]
    sizes = [(BATCH, HEADS, KEY, VALUE), (BATCH, HEADS, KEY), (BATCH, HEADS)]
    state = ExponentialState(*((0 if empty else 1) * torch.randn(size, dtype=torch.float64) for size in sizes))
    assert_forms_agree(exponential_gates, [one.double() for one in inputs], state, slack=EPSILON)


@pytest.mark.parametrize("gates", GATES)
def test_gates_of_any_size_are_finite_in_float32(gates: str) -> None:
    inputs = [normal(KEY), normal(KEY), normal(VALUE), *(chosen(levels) for levels in GATES[gates])]
    state = ExponentialState(
        torch.zeros(BATCH, HEADS, KEY, VALUE), torch.zeros(BATCH, HEADS, KEY), torch.zeros(BATCH, HEADS)
    )
    for form in (exponential_gates.naive, exponential_gates.chunked, stepwise(exponential_gates)):
        assert all(bool(one.isfinite().all()) for one in outcome(form, inputs, state))
