"""What autograd may ask: the way back twice, several ways forward first, second derivatives, transforms."""

from __future__ import annotations

import pytest
import torch

from seqloom import kernels
from seqloom.layers import Recurrent
from tests.kernels.cells import CELLS
from tests.kernels.comparing import CPU, REFERENCE, draw

SOME = pytest.mark.parametrize("name", ["LSTM", "GRU", "EveryWord", "FromWeights"])


def make(name: str) -> tuple[Recurrent, torch.Tensor]:
    layer = Recurrent(CELLS[name], 4, 8).double()
    return layer, torch.randn(3, 5, 4, dtype=torch.float64, requires_grad=True)


@SOME
def test_the_way_back_twice(name: str) -> None:
    layer, x = make(name)
    inputs = [x, *layer.parameters()]
    y, _ = layer(x)
    first, second = (torch.autograd.grad(y.square().sum(), inputs, retain_graph=True) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@SOME
def test_several_ways_forward_before_a_way_back(name: str) -> None:
    layer, x = make(name)
    layer.eval()
    xs = [x, (2 * x).detach().requires_grad_(), (-x[:, :2]).detach().requires_grad_()]
    ys = [layer(each)[0] for each in xs]
    together = [torch.autograd.grad(y.sum(), each)[0] for y, each in zip(ys, xs, strict=True)]
    for each, gradient in zip(xs, together, strict=True):
        assert torch.equal(torch.autograd.grad(layer(each)[0].sum(), each)[0], gradient)


def test_maps_that_share_a_gradient_do_not_share_its_memory() -> None:
    layer, x = make("XTwice")
    layer(x)[0].sum().backward()
    first, second, *_ = (layer.weights.get_parameter(f"a.weight_{k}").grad for k in range(2))
    wanted = second.clone()
    first.mul_(2)
    assert torch.equal(second, wanted)


def test_a_change_of_the_weights_in_place_is_noticed() -> None:
    layer, x = make("LSTM")
    with kernels.use("cpu"):
        y, _ = layer(x)
    with torch.no_grad():
        next(layer.parameters()).mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@SOME
@pytest.mark.parametrize("lengths", [None, torch.tensor([5, 2, 0])], ids=["dense", "ragged"])
def test_results_may_be_changed_in_place(name: str, lengths: torch.Tensor | None) -> None:
    layer, x = make(name)
    layer.eval()
    found = []
    for change in (torch.Tensor.relu, torch.Tensor.relu_):
        with kernels.use("cpu"):
            y, state = layer(2 * x, lengths=lengths)
        loss = change(y).sum() + sum(change(leaf).square().sum() for leaf in state[:2] if leaf.is_floating_point())
        found.append(torch.autograd.grad(loss, [x, *layer.parameters()], allow_unused=True))
    assert all(a is b is None or torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_only_what_is_asked_for_has_a_gradient() -> None:
    layer, x = make("LSTM")
    layer.requires_grad_(False)
    layer.weights.get_parameter("forget.bias").requires_grad_(True)
    layer(x.detach())[0].sum().backward()
    having = [name for name, parameter in layer.named_parameters() if parameter.grad is not None]
    assert having == ["weights.forget.bias"]


def test_nothing_is_kept_without_gradients() -> None:
    layer, x = make("GRU")
    with torch.no_grad(), kernels.use("cpu"):
        y, _ = layer(x)
    assert not y.requires_grad
    with kernels.use("cpu"):
        assert torch.equal(layer(x.detach())[0].detach(), y)


@SOME
def test_second_derivatives(name: str) -> None:
    """With coins and lengths too, the way back of the way back is the reference's."""
    drawn = draw(CELLS[name], features=2, hidden=2, batch=2, time=3, lengths=torch.tensor([3, 1]), masks=True)
    found = []
    for kernel in (CPU, REFERENCE):
        x = drawn.call.x.clone().requires_grad_()
        parameters = {n: tensor.clone().requires_grad_() for n, tensor in drawn.call.parameters.items()}
        y, _ = kernel.run(drawn.call._replace(x=x, parameters=parameters))
        leaves = [x, *parameters.values()]
        first = torch.autograd.grad((y * drawn.directions[0]).sum(), leaves, create_graph=True, allow_unused=True)
        squares = sum(gradient.square().sum() for gradient in first if gradient is not None)
        found.append(torch.autograd.grad(squares, leaves, allow_unused=True))
    for ours, wanted in zip(*found, strict=True):
        torch.testing.assert_close(ours, wanted, rtol=1e-9, atol=1e-9)


def test_gradgradcheck() -> None:
    layer = Recurrent(CELLS["LSTM"], 2, 2).double()
    x = torch.randn(1, 3, 2, dtype=torch.float64, requires_grad=True)
    with kernels.use("cpu"):
        assert torch.autograd.gradgradcheck(lambda value: layer(value)[0], x)


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # inside torch
def test_transforms_go_through_the_reference() -> None:
    layer, x = make("GRU")
    x = x.detach()

    def run(rows: torch.Tensor) -> torch.Tensor:
        return layer(rows)[0]

    torch.testing.assert_close(torch.func.vmap(run)(torch.stack([x, 2 * x]))[1], run(2 * x))
    jacobian = torch.func.jacrev(run)(x[:1, :2])
    torch.testing.assert_close(jacobian, torch.autograd.functional.jacobian(run, x[:1, :2]))
    _, tangent = torch.func.jvp(run, (x[:1, :2],), (torch.ones_like(x[:1, :2]),))
    torch.testing.assert_close(tangent, jacobian.sum((-3, -2, -1)))
