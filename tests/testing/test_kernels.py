"""The comparison of kernels finds out those that are wrong, and only those."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from seqloom import cells
from seqloom.cells import GRU, Cell, Elman, Symbol, affine, bernoulli, norm, tanh
from seqloom.kernels import Backend, Call, Steps
from seqloom.kernels.call import SequenceKernel, States
from seqloom.kernels.reference import Reference
from seqloom.testing import compare_kernels, known_cells

SUBJECT = {"Elman": Elman()}


class Changed(SequenceKernel):
    """The reference with a mistake."""

    backend = Backend("changed", "wrong")

    def __init__(self, change: Callable[[Call, Tensor, States], tuple[Tensor, States]]) -> None:
        self.change = change

    def refusal(self, call: Call) -> str | None:
        return None

    def run(self, call: Call) -> tuple[Tensor, States]:
        return self.change(call, *Reference().run(call))


class Bent(torch.autograd.Function):
    """The identity with a gradient that is too large by a hundred-thousandth."""

    @staticmethod
    def forward(ctx: object, y: Tensor) -> Tensor:
        return y.clone()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:  # type: ignore[override]
        return gradient * (1 + 1e-5)


def _kept_running(call: Call, y: Tensor, states: States) -> tuple[Tensor, States]:
    """The mistake of a kernel that does not stop at a row's length."""
    return Reference().run(call._replace(lengths=None))


MISTAKES = {
    "a factor": (lambda call, y, states: (y * (1 + 1e-5), states), ""),
    "a last state": (lambda call, y, states: (y, (states[0] + 1e-5,)), "final h"),
    "a gradient": (lambda call, y, states: (Bent.apply(y), states), "gradient of"),
    "a number that is none": (lambda call, y, states: (torch.where(y == y.max(), math.nan, y), states), "output"),
    "a shape": (lambda call, y, states: (y[:, :-1], states), "output"),
    "rows that run on": (_kept_running, ""),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_kernel_is_found_out(mistake: str) -> None:
    change, tensor = MISTAKES[mistake]
    found = compare_kernels(SUBJECT, [Changed(change)])
    assert [one.dtype for one in found] == ["float32", "float64"]
    assert not any(one.ok for one in found), found
    assert all(tensor in one.tensor for one in found)


def test_a_kernel_that_raises_is_a_finding() -> None:
    def fail(call: Call, y: Tensor, states: States) -> tuple[Tensor, States]:
        raise RuntimeError("no such instruction")

    found = compare_kernels(SUBJECT, [Changed(fail)])
    assert [one.problem for one in found] == ["RuntimeError: no such instruction"] * 2
    assert not any(one.ok for one in found)


def test_the_reference_itself_passes_and_a_kernel_that_refuses_is_left_out() -> None:
    class Refusing(Reference):
        def refusal(self, call: Call) -> str | None:
            return "not today"

    assert all(one.ok for one in compare_kernels(SUBJECT, [Reference()]))
    assert compare_kernels(SUBJECT, [Refusing()]) == []


class Odd(Cell):
    """Coins, and four heads, which no odd width has."""

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        heads = norm("of_heads", affine("heads", h, blocks=4), groups=4)
        return bernoulli("coins", 0.5) * tanh(affine("hidden", x) + heads) + 0.5 * h


def test_every_kernel_passes_with_coins_and_heads() -> None:
    told: list[tuple[int, int]] = []
    found = compare_kernels({"Odd": Odd(), "GRU": GRU()}, progress=lambda *count: told.append(count))
    assert {(one.kernel, one.cell) for one in found} >= {("cpu", "Odd"), ("derived", "Odd"), ("cpu, in steps", "GRU")}
    assert all(one.ok for one in found), [one for one in found if not one.ok]
    assert told == [(k, 4) for k in range(5)]


def test_a_wrong_step_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Steps.__call__

    def wrong(self: Steps, x: Tensor, states: States, tensors: Sequence[Tensor]) -> tuple[Tensor, States] | None:
        done = right(self, x, states, tensors)
        assert done is not None, "a step that leaves its work to others compares nothing"
        return done[0] * (1 + 1e-5), done[1]

    monkeypatch.setattr(Steps, "__call__", wrong)
    assert {one.kernel for one in compare_kernels(SUBJECT) if not one.ok} == {"cpu, in steps"}


def test_every_cell_that_needs_nothing_is_known() -> None:
    known = known_cells()
    assert {"Elman", "LSTM", "GRU", "GRUResetAfter"} <= set(known)
    assert "Cell" not in known
    assert all(name in cells.__all__ and isinstance(cell, Cell) for name, cell in known.items())


@pytest.mark.slow
def test_every_kernel_is_right_for_every_cell() -> None:
    wrong = [one for one in compare_kernels() if not one.ok]
    assert wrong == []
