"""A product may be a new state or the output itself, with nothing between."""

from __future__ import annotations

import pytest
import torch

from seqloom import kernels
from seqloom.cells import Cell, affine, tanh
from seqloom.layers import Recurrent


class Linear(Cell):
    """The new state is a product."""

    def equations(self, x, h):
        return affine("hidden", x, h)


class Biased(Cell):
    """The new state is a product that starts from a bias, of a value that is not a state."""

    def equations(self, x, h):
        return affine("hidden", tanh(affine("inner", x, h)))


class ReadOut(Cell):
    """The output is a product."""

    def equations(self, x, h):
        return tanh(affine("hidden", x, h))

    def output(self, x, h):
        return affine("output", h, x, out=3, bias=False)


class ReadTwice(Cell):
    """A product is a new state, and read too."""

    state = ("h", "c")

    def equations(self, x, h, c):
        c = affine("hidden", x, h)
        return tanh(c), c


class AlsoOutput(Cell):
    """A product is the output, and read for the state."""

    state = ("h", "c")

    def equations(self, x, h, c):
        product = affine("hidden", x, h, bias=False)
        return product, tanh(product) * c + product


@pytest.mark.parametrize("kernel", ["derived", "cpu"])
@pytest.mark.parametrize("cell", [Linear, Biased, ReadOut, ReadTwice, AlsoOutput])
def test_a_result_that_is_a_product(cell: type[Cell], kernel: str) -> None:
    torch.manual_seed(0)
    layer = Recurrent(cell, 3, 5).double()
    x = torch.randn(2, 6, 3, dtype=torch.float64, requires_grad=True)
    found = []
    for name in (kernel, "reference"):
        with kernels.use(name):
            y, state = layer(x, lengths=torch.tensor([6, 4]))
            loss = y.square().sum() + sum(leaf.square().sum() for leaf in state)
            found.append([y, *state, *torch.autograd.grad(loss, (x, *layer.parameters()))])
    for got, wanted in zip(*found, strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-10, atol=1e-10)
