"""Every optimiser, fused or not: after each of its steps, results are those of a module that never ran before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.citizens.subjects import CELLS, DROP_INS, LAYERS, SUBJECTS, Subject, tensors_of
from tests.citizens.table import Column, Family, assert_same, check

FAMILY = Family()
STREAMING = [*CELLS, *(subject for subject in LAYERS if hasattr(subject.module(), "step"))]
TRAINED = [subject for subject in SUBJECTS if any(weight.requires_grad for weight in subject.module().parameters())]


def step(subject: Subject, module: nn.Module) -> list[Tensor]:
    """A single step from the same state, without gradients."""
    torch.manual_seed(0)
    with torch.no_grad():
        if subject.steps:
            return tensors_of(module(subject.x()))
        return tensors_of(module.step(subject.x()[:, 0], module.initial_state(3)))


def fresh(subject: Subject, module: nn.Module) -> nn.Module:
    """A module that never ran, with the present weights."""
    other = subject.make().train(module.training)
    other.load_state_dict({name: value.clone() for name, value in module.state_dict().items()})
    return other


def _steps(make: Callable[[list[Tensor]], Any]) -> Callable[[Subject], None]:
    """A few steps of training, with single steps of the module between, against a module that steps anew each time."""

    def trained(subject: Subject) -> None:
        module, x = subject.module(), subject.x()
        optimiser = make([weight for weight in module.parameters() if weight.requires_grad])

        def loss() -> Tensor:
            optimiser.zero_grad()
            found = subject.run(module, x)[0].square().mean()
            found.backward()
            return found

        for _ in range(2):
            with torch.no_grad():
                subject.run(module, x)
            optimiser.step(loss)
            with torch.no_grad():
                assert_same(subject.run(module, x), subject.run(fresh(subject, module), x))
                if subject in STREAMING:
                    assert_same(step(subject, module), step(subject, fresh(subject, module)))

    return trained


OPTIMISERS: dict[str, Callable[[list[Tensor]], Any]] = {
    f"{kind.__name__}{name}": lambda weights, kind=kind, options=options: kind(weights, lr=0.01, **options)
    for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.Adagrad)
    for name, options in {"": {"foreach": False}, " fused": {"fused": True}, " foreach": {"foreach": True}}.items()
} | {
    name: lambda weights, name=name: getattr(torch.optim, name)(weights, lr=0.01)
    for name in ("Adadelta", "Adafactor", "Adamax", "ASGD", "LBFGS", "NAdam", "RAdam", "RMSprop", "Rprop")
}

for name, make in OPTIMISERS.items():
    trained = _steps(make)
    trained.__name__ = f"trained_by_{name}"
    rows = TRAINED if name in ("Adam fused", "SGD") else [*DROP_INS[:2], *CELLS[:2], *LAYERS[:2]]
    FAMILY([subject for subject in rows if subject in TRAINED])(trained)


@pytest.mark.parametrize(("column", "subject"), FAMILY.cells())
def test_cell(column: Column, subject: Subject) -> None:
    check(column, subject)
