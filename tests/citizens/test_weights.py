"""Every way of writing weights between two calls: no result comes from weights that were."""

from __future__ import annotations

import copy
import ctypes
import multiprocessing
from collections.abc import Callable
from typing import Any

import numpy as np
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


def by_data(weight: Tensor) -> None:
    weight.data.mul_(0.5)


def by_data_set(weight: Tensor) -> None:
    weight.data = 0.5 * weight.data


def by_numpy(weight: Tensor) -> None:
    values = weight.detach().numpy()
    np.multiply(values, 0.5, out=values)


def by_copy(weight: Tensor) -> None:
    weight.copy_(0.5 * weight)


def by_detached_view(weight: Tensor) -> None:
    weight.detach().view(-1)[:].mul_(0.5)


def by_dlpack(weight: Tensor) -> None:
    torch.from_dlpack(weight.detach()).mul_(0.5)


def by_address(weight: Tensor) -> None:
    values = (0.5 * weight.detach()).contiguous()
    ctypes.memmove(weight.data_ptr(), values.data_ptr(), values.nbytes)


def by_storage(weight: Tensor) -> None:
    torch.tensor([], dtype=weight.dtype).set_(weight.untyped_storage()).mul_(0.5)


def by_swap(weight: Tensor) -> None:
    torch.utils.swap_tensors(weight, nn.Parameter((0.5 * weight).detach(), weight.requires_grad))


def by_set(weight: Tensor) -> None:
    weight.set_((0.5 * weight).detach())


def by_foreach(weight: Tensor) -> None:
    torch._foreach_mul_([weight], 0.5)


def by_fused_step(weight: Tensor) -> None:
    torch._fused_sgd_(
        [weight], [0.5 * weight.detach()], [], weight_decay=0.0, momentum=0.0, lr=1.0, dampening=0.0, nesterov=False,
        maximize=False, is_first_step=True,
    )  # fmt: skip


WAYS = [
    by_data, by_data_set, by_numpy, by_copy, by_detached_view, by_dlpack, by_address, by_storage, by_swap, by_set, by_foreach,
    by_fused_step,
]  # fmt: skip


def weight_by_weight(write: Callable[[Tensor], None]) -> Callable[[Subject], None]:
    def written(subject: Subject) -> None:
        module = subject.module().eval()
        before = step(subject, module)
        with torch.no_grad():
            for weight in module.parameters():
                write(weight)
        found = step(subject, module)
        assert not all(torch.equal(one, other) for one, other in zip(found, before, strict=True))
        assert_same(found, step(subject, fresh(subject, module)))

    written.__name__ = f"written_{write.__name__}"
    return written


for way in WAYS:
    FAMILY(STREAMING)(weight_by_weight(way))


def written(subject: Subject, write: Callable[[nn.Module], None]) -> None:
    module = subject.module().eval()
    step(subject, module)
    with torch.no_grad():
        write(module)
    assert_same(step(subject, module), step(subject, fresh(subject, module)))


@FAMILY(STREAMING)
def written_through_a_flat_vector(subject: Subject) -> None:
    def write(module: nn.Module) -> None:
        vector = nn.utils.parameters_to_vector(module.parameters())
        nn.utils.vector_to_parameters(0.5 * vector, module.parameters())
        step(subject, module)
        vector = nn.utils.parameters_to_vector(module.parameters()).clone()
        nn.utils.vector_to_parameters(vector, module.parameters())
        step(subject, module)
        vector.mul_(0.5)

    written(subject, write)


@FAMILY(STREAMING)
def weights_of_another(subject: Subject) -> None:
    def write(module: nn.Module) -> None:
        other = copy.deepcopy(module)
        for weight in other.parameters():
            weight.mul_(0.5)
        for name, child in other.named_children():
            setattr(module, name, child)
        for name, weight in other.named_parameters(recurse=False):
            setattr(module, name, weight)

    written(subject, write)


@FAMILY(STREAMING)
def loaded_anew(subject: Subject) -> None:
    def write(module: nn.Module) -> None:
        module.load_state_dict(
            {name: 0.5 * value for name, value in module.state_dict().items() if value.is_floating_point()},
            strict=False,
        )

    written(subject, write)


def _halve(module: nn.Module) -> None:
    torch.set_num_threads(1)
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(0.5)


@FAMILY([*CELLS, *LAYERS[:3]])
def written_by_another_process(subject: Subject) -> None:
    def write(module: nn.Module) -> None:
        child = multiprocessing.get_context("fork").Process(target=_halve, args=(module,))
        child.start()
        child.join(20)
        assert child.exitcode == 0

    module = subject.module().eval().share_memory()
    step(subject, module)
    write(module)
    assert_same(step(subject, module), step(subject, fresh(subject, module)))


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
