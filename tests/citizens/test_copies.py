"""Copies, files, other tensors in the places of weights, and what computes weights from others."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

from tests.citizens.subjects import CELLS, DROP_INS, LAYERS, SUBJECTS, Subject
from tests.citizens.table import Column, Family, assert_same, both_ways, check

FAMILY = Family()
WEIGHED = [subject for subject in SUBJECTS if any(weight.ndim == 2 for weight in subject.module().parameters())]


def right(subject: Subject, module: nn.Module) -> None:
    """The module agrees with the reference on the same module, both ways."""
    x = subject.x()
    assert_same(both_ways(subject.run, module, x), both_ways(subject.wanted, module, x))
    with torch.no_grad():
        assert_same(subject.run(module, x), subject.wanted(module, x))


def changed(module: nn.Module) -> None:
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(0.5)


def like(subject: Subject, other: nn.Module, module: nn.Module) -> None:
    """A copy gives the same, and goes its own way afterwards."""
    x = subject.x()
    with torch.no_grad():
        before = subject.run(module, x)
        assert_same(subject.run(other, x), before)
        changed(other)
        assert_same(subject.run(module, x), before)
    right(subject, other)


@FAMILY(SUBJECTS)
def deep_copy(subject: Subject) -> None:
    module = subject.module()
    right(subject, module)
    like(subject, copy.deepcopy(module), module)


@FAMILY(SUBJECTS)
def shallow_copy(subject: Subject) -> None:
    module = subject.module()
    right(subject, module)
    twin = copy.copy(module)
    changed(module)
    right(subject, twin)


@FAMILY([subject for subject in SUBJECTS if "Decoder" not in subject.name or subject.steps])
def pickled(subject: Subject) -> None:
    module = subject.module()
    right(subject, module)
    like(subject, pickle.loads(pickle.dumps(module)), module)


@FAMILY(SUBJECTS)
def saved_and_loaded(subject: Subject) -> None:
    module, other, file = subject.module(), subject.module(), io.BytesIO()
    changed(other)
    torch.save(module.state_dict(), file)
    other.load_state_dict(torch.load(io.BytesIO(file.getvalue())))
    like(subject, other, module)


@FAMILY(SUBJECTS)
def assigned_when_loaded(subject: Subject) -> None:
    module, other = subject.module(), subject.module()
    changed(module)
    with torch.no_grad():
        subject.run(other, subject.x())
    other.load_state_dict(module.state_dict(), assign=True)
    right(subject, other)


@FAMILY(SUBJECTS)
def replicated(subject: Subject) -> None:
    module = subject.module()
    with torch.no_grad():
        subject.run(module, subject.x())

    def replica(original: nn.Module) -> nn.Module:
        twin = original._replicate_for_data_parallel()
        for name, child in original._modules.items():
            if child is not None:
                twin._modules[name] = replica(child)
        for name, weight in original._parameters.items():
            if weight is None:
                twin._parameters[name] = None
            else:
                setattr(twin, name, (0.5 * weight).detach().clone())
        return twin

    twin = replica(module)
    changed(module)
    with torch.no_grad():
        assert_same(subject.run(twin, subject.x()), subject.wanted(module, subject.x()))


@FAMILY(SUBJECTS)
def moved_with_swapped_tensors(subject: Subject) -> None:
    module = subject.module()
    subject.run(module, subject.x())
    torch.__future__.set_swap_module_params_on_conversion(True)
    try:
        module.double()
    finally:
        torch.__future__.set_swap_module_params_on_conversion(False)
    x = subject.x().double()
    assert_same(both_ways(subject.run, module, x), both_ways(subject.wanted, module, x))


def first_matrix(module: nn.Module) -> tuple[nn.Module, str]:
    """The last matrix of the first part that has one, by preference one that multiplies a state."""
    for part in module.modules():
        names = [name for name, weight in part.named_parameters(recurse=False) if weight.ndim == 2]
        if names:
            return part, next((name for name in names if "hh" in name or name == "weight_1"), names[0])
    raise AssertionError("no matrix")


@FAMILY(WEIGHED)
def weight_norm(subject: Subject) -> None:
    module = subject.module()
    parametrizations.weight_norm(*first_matrix(module))
    right(subject, module)
    changed(module)
    right(subject, module)


@FAMILY(WEIGHED)
def spectral_norm(subject: Subject) -> None:
    module = subject.module()
    parametrizations.spectral_norm(*first_matrix(module))
    right(subject, module.eval())


@FAMILY(WEIGHED)
def orthogonal(subject: Subject) -> None:
    module = subject.module()
    parametrizations.orthogonal(*first_matrix(module))
    right(subject, module)


class Halved(nn.Module):
    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return 0.5 * weight


@FAMILY(WEIGHED)
def parametrised_by_hand(subject: Subject) -> None:
    module = subject.module()
    owner, name = first_matrix(module)
    with torch.no_grad():
        subject.run(module, subject.x())
    parametrize.register_parametrization(owner, name, Halved())
    right(subject, module)
    parametrize.remove_parametrizations(owner, name)
    right(subject, module)


@FAMILY(WEIGHED)
def pruned(subject: Subject) -> None:
    module = subject.module()
    owner, name = first_matrix(module)
    prune.l1_unstructured(owner, name, amount=0.5)
    right(subject, module)
    assert float((getattr(owner, name) == 0).float().mean()) >= 0.5
    prune.remove(owner, name)
    right(subject, module)


@FAMILY([*DROP_INS, *CELLS, *LAYERS[:2]])
def tied(subject: Subject) -> None:
    module, other = subject.module(), subject.module()
    changed(other)
    owner, name = first_matrix(module)
    setattr(owner, name, getattr(first_matrix(other)[0], name))
    right(subject, module)
    changed(other)
    right(subject, module)


@pytest.mark.parametrize(("column", "subject"), FAMILY.cells())
def test_cell(column: Column, subject: Subject) -> None:
    check(column, subject)
