"""What stands between the forward and the backward pass: checkpoints, hooks on saved tensors, changes in place."""

from __future__ import annotations

import pytest
import torch
from torch.autograd.graph import allow_mutation_on_saved_tensors, save_on_cpu, saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

from tests.citizens.subjects import SUBJECTS, Subject
from tests.citizens.table import Column, Family, assert_same, both_ways, check

FAMILY = Family()


def same(subject: Subject, run) -> None:
    module, x = subject.module(), subject.x()
    assert_same(
        both_ways(lambda _, x: subject.run(lambda *a: run(module, *a), x), module, x),
        both_ways(subject.wanted, module, x),
    )


@FAMILY(SUBJECTS)
def checkpointed(subject: Subject) -> None:
    same(subject, lambda module, *arguments: checkpoint(module, *arguments, use_reentrant=False))


@FAMILY([subject for subject in SUBJECTS if any(weight.requires_grad for weight in subject.module().parameters())])
def checkpointed_by_reentry(subject: Subject) -> None:
    module, x = subject.module(), subject.x().requires_grad_()
    y = checkpoint(lambda x: subject.run(module, x)[0], x, use_reentrant=True)
    y.square().sum().backward()
    inputs = [x, *module.parameters()]
    wanted = torch.autograd.grad(subject.wanted(module, x)[0].square().sum(), inputs, allow_unused=True)
    assert_same([one.grad for one in inputs], wanted)


@FAMILY(SUBJECTS)
def saved_on_the_CPU(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    with save_on_cpu():
        found = both_ways(subject.run, module, x)
    assert_same(found, both_ways(subject.wanted, module, x))


@FAMILY(SUBJECTS)
def saved_elsewhere(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    with saved_tensors_hooks(lambda tensor: tensor.detach().numpy().copy(), torch.from_numpy):
        found = both_ways(subject.run, module, x)
    assert_same(found, both_ways(subject.wanted, module, x))


@FAMILY(SUBJECTS)
def weights_changed_before_the_way_back(subject: Subject) -> None:
    module, x = subject.module(), subject.x().requires_grad_()
    y, weight = subject.run(module, x)[0], next(module.parameters())
    with torch.no_grad():
        weight.mul_(2)
    try:
        y.sum().backward()
    except RuntimeError as error:
        if "modified by an inplace operation" not in str(error):
            raise
        return
    with torch.no_grad():
        weight.div_(2)
    wanted = torch.autograd.grad(subject.wanted(module, x)[0].sum(), x)  # the change was of no matter
    assert_same([x.grad], wanted)


@FAMILY(SUBJECTS)
def changes_allowed_before_the_way_back(subject: Subject) -> None:
    module, x = subject.module(), subject.x().requires_grad_()
    with allow_mutation_on_saved_tensors():
        y = subject.run(module, x * 1)[0]
        with torch.no_grad():
            for weight in module.parameters():
                weight.mul_(2)
        (found,) = torch.autograd.grad(y.sum(), x)
    with torch.no_grad():
        for weight in module.parameters():
            weight.div_(2)
    assert_same([found], torch.autograd.grad(subject.wanted(module, x)[0].sum(), x))


@FAMILY(SUBJECTS)
def output_changed_in_place(subject: Subject) -> None:
    module, x = subject.module(), subject.x().requires_grad_()
    y, wanted = (run(module, x)[0] for run in (subject.run, subject.wanted))
    try:
        found = torch.autograd.grad(y.mul_(3).square().sum(), x)
    except RuntimeError as error:
        if "modified by an inplace operation" not in str(error):
            raise
        return
    assert_same(found, torch.autograd.grad((3 * wanted).square().sum(), x))


@FAMILY(SUBJECTS)
def conjugate_and_negative_gradients(subject: Subject) -> None:
    module, x = subject.module(), subject.x().requires_grad_()
    y = subject.run(module, x)[0]
    gradient = torch.complex(torch.randn(y.shape), torch.randn(y.shape)).conj().imag
    assert gradient.is_neg()
    (found,) = torch.autograd.grad(y, x, gradient)
    assert_same([found], torch.autograd.grad(subject.wanted(module, x)[0], x, gradient.clone()))


@FAMILY(SUBJECTS)
def odd_strides(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    strided = torch.stack([x, -x], -1)[..., 0].requires_grad_()
    turned = x.transpose(0, -1).contiguous().transpose(0, -1).requires_grad_()
    spread = x[:1].expand_as(x).detach().requires_grad_()
    for one in (strided, turned, spread):
        y = subject.run(module, one)[0]
        wanted = subject.wanted(module, one)[0]
        gradient = torch.randn(y.shape).transpose(0, -1).contiguous().transpose(0, -1)
        assert_same([y], [wanted])
        assert_same(torch.autograd.grad(y, one, gradient), torch.autograd.grad(wanted, one, gradient))


@FAMILY(SUBJECTS)
def twice_backwards(subject: Subject) -> None:
    module, x = subject.module(), subject.x().requires_grad_()
    loss = subject.run(module, x)[0].square().sum()
    first, second = (torch.autograd.grad(loss, x, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize(("column", "subject"), FAMILY.cells())
def test_cell(column: Column, subject: Subject) -> None:
    check(column, subject)
