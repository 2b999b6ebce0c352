"""Derivatives of every kind, and modules as functions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jvp, vmap

from seqloom import kernels
from tests.citizens.subjects import LAYERS, SUBJECTS, Subject
from tests.citizens.table import Column, Family, assert_same, check, refused

FAMILY = Family()
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # inside torch


def output(subject: Subject, module: nn.Module, x: Tensor) -> Tensor:
    return subject.run(module, x)[0]


@FAMILY(SUBJECTS)
def vmap_over_batches(subject: Subject) -> None:
    module, x = subject.module(), torch.stack([subject.x(), subject.x(seed=2)])
    found = vmap(lambda one: output(subject, module, one), randomness="different")(x)
    assert_same([*found], [subject.wanted(module, one)[0] for one in x])


@FAMILY(LAYERS)
def vmap_with_lengths(subject: Subject) -> None:
    module, x = subject.module(), torch.stack([subject.x(), subject.x(seed=2)])
    lengths = torch.tensor([[2, 5, 0], [5, 1, 3]])
    found = vmap(lambda one, rows: module(one, None, rows)[0], randomness="different")(x, lengths)
    wanted = [subject.wanted(module, one, rows.tolist())[0] for one, rows in zip(x, lengths, strict=True)]
    assert_same([*found], wanted)


@FAMILY([subject for subject in SUBJECTS if subject.name != "esn"])
def gradients_of_each_sample(subject: Subject) -> None:
    module, x = subject.module(), subject.x()
    weights = {name: weight.detach() for name, weight in module.named_parameters()}

    def loss(weights: dict[str, Tensor], row: Tensor) -> Tensor:
        found = functional_call(module, weights, (row[None],))
        return (found if isinstance(found, Tensor) else found[0]).square().sum()

    found = vmap(grad(loss), (None, 0), randomness="different")(weights, x)
    for k, row in enumerate(x):
        y = subject.wanted(module, row[None])[0]
        gradients = torch.autograd.grad(y.square().sum(), list(module.parameters()), allow_unused=True)
        assert_same([found[name][k] for name in weights], gradients)


@FAMILY(SUBJECTS)
def jvp_forwards(subject: Subject) -> None:
    module, x = subject.module().double(), subject.x().double()
    direction, step = torch.ones_like(x), 1e-5
    _, tangent = jvp(lambda v: output(subject, module, v), (x,), (direction,))
    with torch.no_grad():
        ahead, behind = (output(subject, module, x + sign * step * direction) for sign in (1, -1))
    assert_same([tangent], [(ahead - behind) / (2 * step)], 1e-5)


ATTENDING = [subject for subject in SUBJECTS if "ttention" in subject.name or "ransformer" in subject.name]


@FAMILY(SUBJECTS, refuses=ATTENDING)
def gradient_of_a_gradient(subject: Subject) -> None:
    module, x = subject.module().double(), subject.x(2, 3).double().requires_grad_()
    weights = [weight for weight in module.parameters() if weight.requires_grad]

    def twice() -> list[Tensor | None]:
        first = torch.autograd.grad(
            output(subject, module, x).square().sum(), [x, *weights], create_graph=True, allow_unused=True
        )
        squares = sum(gradient.square().sum() for gradient in first if gradient is not None)
        return list(torch.autograd.grad(squares, [x, *weights], allow_unused=True))

    try:
        found = twice()
    except RuntimeError as error:
        raise refused(error, "derivative for aten::_scaled_dot_product.* is not implemented") from error
    with kernels.use("reference"):
        assert_same(found, twice(), 1e-8)


@FAMILY(SUBJECTS)
def gradients_in_a_batch(subject: Subject) -> None:
    module, x = subject.module(), subject.x().requires_grad_()
    y = output(subject, module, x)
    directions = torch.randn(2, *y.shape)
    (found,) = torch.autograd.grad(y, x, directions, is_grads_batched=True, retain_graph=True)
    wanted = subject.wanted(module, x)[0]
    assert_same([*found], [torch.autograd.grad(wanted, x, one, retain_graph=True)[0] for one in directions])


@FAMILY(SUBJECTS)
def jacobian_at_once(subject: Subject) -> None:
    module, x = subject.module(), subject.x(1, 2)
    found = torch.autograd.functional.jacobian(lambda v: output(subject, module, v), x, vectorize=True)
    with kernels.use("reference"):
        wanted = torch.autograd.functional.jacobian(lambda v: output(subject, module, v), x)
    assert_same([found], [wanted])


@FAMILY(SUBJECTS)
def called_as_a_function(subject: Subject) -> None:
    module, other, x = subject.module(), subject.module(), subject.x()
    torch.manual_seed(5)
    with torch.no_grad():
        for weight in other.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    weights = dict(other.named_parameters())
    found = subject.run(lambda *arguments: functional_call(module, weights, arguments), x)
    assert_same(found, subject.wanted(other, x))


@FAMILY(SUBJECTS)
def hessian_of_weights(subject: Subject) -> None:
    module, x = subject.module().double(), subject.x(1, 2).double()
    name, weight = next(module.named_parameters())

    def loss(value: Tensor) -> Tensor:
        found = functional_call(module, {name: value}, (x,))
        return (found if isinstance(found, Tensor) else found[0]).square().sum()

    direction = torch.ones_like(weight)
    _, slope = jvp(grad(loss), (weight.detach(),), (direction,))
    step = 1e-5
    ahead, behind = (grad(loss)(weight.detach() + sign * step * direction) for sign in (1, -1))
    assert_same([slope], [(ahead - behind) / (2 * step)], 1e-5)


@pytest.mark.parametrize(("column", "subject"), FAMILY.cells())
def test_cell(column: Column, subject: Subject) -> None:
    check(column, subject)
