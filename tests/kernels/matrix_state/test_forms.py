"""The naive, chunked and step forms of each matrix recurrence give the same numbers, and so do their gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqloom import kernels
from seqloom.errors import UsageError
from seqloom.kernels.matrix_state import Forms, delta_rule, scalar_decay, vector_decay
from seqloom.testing.closeness import assert_close

Inputs = tuple[Tensor, ...]


@dataclass(frozen=True)
class Shape:
    """Sizes of a problem, and how strongly the state decays: log decays are about -``strength``."""

    batch: int = 2
    time: int = 70
    heads: int = 2
    key: int = 5
    value: int = 3
    strength: float = 0.1

    def normal(self, *sizes: int) -> Tensor:
        return torch.randn(self.batch, self.time, self.heads, *sizes, dtype=torch.float64)

    def decays(self, *sizes: int) -> Tensor:
        """Logarithms of about -``strength``, a few of them a hundred times stronger."""
        rare = torch.where(self.normal(*sizes) > 1.5, 100.0, 1.0)
        return -self.strength * rare * self.normal(*sizes).exp()

    def state(self) -> Tensor:
        return torch.randn(self.batch, self.heads, self.key, self.value, dtype=torch.float64)


def for_scalar_decay(shape: Shape) -> Inputs:
    return shape.normal(shape.key), shape.normal(shape.key), shape.normal(shape.value), shape.decays()


def for_vector_decay(shape: Shape) -> Inputs:
    queries, keys, values, _ = for_scalar_decay(shape)
    return queries, keys, values, shape.decays(shape.key)


def for_delta_rule(shape: Shape) -> Inputs:
    queries, keys, values, decays = for_scalar_decay(shape)
    return queries, torch.nn.functional.normalize(keys, dim=-1), values, decays, torch.sigmoid(shape.normal())


RECURRENCES: dict[str, tuple[Forms, Callable[[Shape], Inputs]]] = {
    "scalar decay": (scalar_decay, for_scalar_decay),
    "vector decay": (vector_decay, for_vector_decay),
    "delta rule": (delta_rule, for_delta_rule),
}
each = pytest.mark.parametrize("name", RECURRENCES)


def values_and_gradients(form: Callable[..., tuple[Tensor, Tensor]], inputs: Inputs, state: Tensor) -> list[Tensor]:
    """Outputs, the last state, and the gradients of a fixed projection of both for every input."""
    given = [one.clone().requires_grad_() for one in (*inputs, state)]
    y, after = form(*given)
    generator = torch.Generator().manual_seed(0)
    directions = [torch.randn(one.shape, generator=generator, dtype=torch.float64) for one in (y, after)]
    loss = sum((one * direction.to(one)).sum() for one, direction in zip((y, after), directions, strict=True))
    gradients = torch.autograd.grad(loss, given, allow_unused=True)
    return [y, after, *(torch.zeros_like(a) if g is None else g for a, g in zip(given, gradients, strict=True))]


def assert_same(name: str, shape: Shape, dtype: torch.dtype) -> None:
    recurrence, make = RECURRENCES[name]
    torch.manual_seed(0)
    inputs, state = make(shape), shape.state()
    wanted = values_and_gradients(recurrence.naive, inputs, state)
    found = values_and_gradients(recurrence.chunked, tuple(one.to(dtype) for one in inputs), state.to(dtype))
    names = ["y", "state", *(f"gradient {k}" for k in range(len(wanted)))]
    for what, a, b in zip(names, found, wanted, strict=False):
        assert_close(a, b.to(dtype), f"{name}, {shape}, {what}", terms=64 * max(shape.key, shape.value))


shapes = st.builds(
    Shape,
    batch=st.integers(1, 3),
    time=st.integers(0, 150),
    heads=st.integers(1, 3),
    key=st.integers(1, 9),
    value=st.integers(1, 9),
    strength=st.sampled_from([0.0, 1e-3, 0.1, 1.0, 10.0, 1000.0]),
)


@each
@settings(max_examples=12, derandomize=True)
@given(shape=shapes)
@example(shape=Shape(time=129, strength=10.0))
def test_chunks_are_the_recurrence(name: str, shape: Shape) -> None:
    assert_same(name, shape, torch.float64)


@each
@pytest.mark.parametrize("strength", [0.0, 0.1, 10.0, 1000.0])
def test_chunks_are_the_recurrence_in_float32(name: str, strength: float) -> None:
    """Against the float64 recurrence, by the table of tolerances."""
    assert_same(name, Shape(time=190, key=16, value=16, strength=strength), torch.float32)


@each
def test_zero_decay_factors_are_allowed(name: str) -> None:
    """A log decay of −inf forgets everything, without NaN in values or gradients."""
    recurrence, make = RECURRENCES[name]
    inputs = make(Shape())
    log_decay = inputs[3].clone()
    log_decay[:, 30] = log_decay[:, 31] = -torch.inf
    inputs = (*inputs[:3], log_decay, *inputs[4:])
    state = Shape().state()
    whole = values_and_gradients(recurrence.chunked, inputs, state)
    rest, _ = recurrence.naive(*(one[:, 31:] for one in inputs), torch.zeros_like(state))
    assert_close(whole[0][:, 31:], rest, "the past is forgotten")
    assert all(bool(torch.isfinite(one).all()) for one in whole)


@each
def test_zeros_leave_the_state(name: str) -> None:
    recurrence, make = RECURRENCES[name]
    state = Shape().state()
    for form in (recurrence.naive, recurrence.chunked):
        _, after = form(*(torch.zeros_like(one) for one in make(Shape())), state)
        assert_close(after, state, "zeros are no step")


@each
def test_policy_picks_the_form(name: str) -> None:
    recurrence, make = RECURRENCES[name]
    inputs, state = make(Shape()), Shape().state()
    with kernels.use("reference"):
        y, _ = recurrence(*inputs, state=state)
    assert torch.equal(y, recurrence.naive(*inputs, state)[0])
    for kernel in ("auto", "fused"):
        with kernels.use(kernel):
            y, _ = recurrence(*inputs, state=state)
        assert torch.equal(y, recurrence.chunked(*inputs, state)[0])


@each
def test_a_single_step_is_the_equation_unless_chunks_are_asked_for(name: str) -> None:
    recurrence, make = RECURRENCES[name]
    inputs, state = tuple(one[:, 0] for one in make(Shape())), Shape().state()
    wanted, after = recurrence.step(*inputs, state)
    for wish, kernel in (("auto", "reference"), ("reference", "reference"), ("fused", "fused")):
        with kernels.use(wish), kernels.watch() as choices:
            y, new = recurrence.one_step(*inputs, state=state)
        assert [one.kernel for one in choices] == [kernel]
        assert_close(y, wanted, "the output")
        assert_close(new, after, "the state")


@each
@pytest.mark.parametrize("kernel", ["torch", "cpu", "derived"])
def test_a_backend_without_matrix_states_is_refused(name: str, kernel: str) -> None:
    recurrence, make = RECURRENCES[name]
    inputs, state = make(Shape()), Shape().state()
    one = tuple(sequence[:, 0] for sequence in inputs)
    message = f"'{kernel}' was asked for, but cannot run this: it offers nothing for a matrix state; ask for '{kernel},"
    with kernels.use(kernel):
        with pytest.raises(UsageError, match=message):
            recurrence(*inputs, state=state)
        with pytest.raises(UsageError, match=message):
            recurrence.one_step(*one, state=state)


def test_queries_and_keys_may_be_shared_by_heads() -> None:
    shape = Shape(heads=6)
    queries, keys, values, log_decay = for_scalar_decay(shape)
    shared = queries[:, :, :2], keys[:, :, :2]
    repeated = tuple(one.repeat_interleave(3, 2) for one in shared)
    state = shape.state()
    for form in (scalar_decay.naive, scalar_decay.chunked):
        y, _ = form(*shared, values, log_decay, state)
        assert_close(y, form(*repeated, values, log_decay, state)[0], "shared keys")
