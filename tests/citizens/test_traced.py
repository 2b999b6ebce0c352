"""Tracers of operations and of Python: ``make_fx``, ``torch.jit``, ``fx.symbolic_trace``, AOT autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from functorch.compile import aot_module, nop
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx

from tests.citizens.subjects import LAYERS, SUBJECTS, Subject, tensors_of
from tests.citizens.table import Column, Family, assert_same, both_ways, check

FAMILY = Family()
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


class Flat(nn.Module):
    """Its outputs are a tuple of tensors."""

    def __init__(self, module: nn.Module, run: Callable[[Tensor], Any] | None = None) -> None:
        super().__init__()
        self.module, self.run = module, run

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(tensors_of((self.run or self.module)(x)))


class Sequence(nn.Module):
    """Typed, as TorchScript wants it."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor):
        y, state = self.module(x)
        return y, state


class Step(Sequence):
    def forward(self, x: Tensor):
        return self.module(x)


@FAMILY(SUBJECTS)
def make_fx_with_numbers(subject: Subject) -> None:
    module = subject.module()
    with torch.no_grad():
        traced = make_fx(lambda x: subject.run(module, x))(subject.x())
        assert_same(traced(subject.x(seed=2)), subject.wanted(module, subject.x(seed=2)))


@FAMILY(SUBJECTS)
def make_fx_of_shapes_before_autograd(subject: Subject) -> None:
    module = subject.module()
    with torch.no_grad():
        traced = make_fx(lambda x: subject.run(module, x), pre_dispatch=True)(subject.x())
        assert_same(traced(subject.x(seed=2)), subject.wanted(module, subject.x(seed=2)))


@FAMILY(SUBJECTS)
def make_fx_of_a_step_of_training(subject: Subject) -> None:
    module = subject.module()

    def gradients(x: Tensor) -> Tensor:
        loss = sum(tensor.square().sum() for tensor in subject.run(module, x))
        return torch.autograd.grad(loss, x)[0]

    traced = make_fx(gradients)(subject.x().requires_grad_())
    x = subject.x(seed=2).requires_grad_()
    wanted = both_ways(subject.wanted, module, x)[-1 - len([w for w in module.parameters() if w.requires_grad])]
    assert_same([traced(x)], [wanted])


@FAMILY(SUBJECTS)
def jit_trace(subject: Subject) -> None:
    module = subject.module()
    with torch.no_grad():
        traced = torch.jit.trace(Flat(module), subject.x(), check_trace=False)
        x = subject.x(seed=2)
        assert_same(traced(x), subject.wanted(module, x))


@FAMILY([subject for subject in LAYERS if hasattr(subject.module(), "step")])
def jit_trace_of_a_step(subject: Subject) -> None:
    module = subject.module().eval()
    with torch.no_grad():
        traced = torch.jit.trace(
            Flat(module, lambda x: module.step(x, module.initial_state(x.shape[0]))), subject.x()[:, 0]
        )
        x = subject.x(seed=2)[:, 0]
        assert_same(traced(x), tensors_of(module.step(x, module.initial_state(3))))


@FAMILY(SUBJECTS, refuses=LAYERS)
def jit_script(subject: Subject) -> None:
    module = subject.module()
    scripted = torch.jit.script(Step(module) if subject.steps else Sequence(module))
    assert_same(tensors_of(scripted(subject.x())), subject.wanted(module, subject.x()))


@FAMILY(SUBJECTS)
def symbolic_trace_takes_it_for_a_leaf(subject: Subject) -> None:
    module = subject.module()
    traced = torch.fx.symbolic_trace(nn.Sequential(nn.Identity(), module))
    assert [node.target for node in traced.graph.nodes if node.op == "call_module"] == ["0", "1"]
    assert_same(subject.run(traced, subject.x()), subject.wanted(module, subject.x()))


@FAMILY(SUBJECTS)
def AOT_autograd(subject: Subject) -> None:
    module = subject.module()
    run = aot_module(Flat(module), nop)
    found = both_ways(lambda _, x: list(run(x)), module, subject.x())
    assert_same(found, both_ways(subject.wanted, module, subject.x()))


@pytest.mark.parametrize(("column", "subject"), FAMILY.cells())
def test_cell(column: Column, subject: Subject) -> None:
    check(column, subject)
