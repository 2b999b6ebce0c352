"""Block-diagonal maps of x leave the loop as whole matrices, and their gradients come back as blocks."""

from __future__ import annotations

import torch

from seqloom import kernels
from seqloom.cells import Cell, affine, sigmoid, trace
from seqloom.kernels.plan.unblocked import unblocked_graph
from seqloom.layers import Recurrent


class Gated(Cell):
    """A diagonal recurrence whose gate reads x in two blocks."""

    def equations(self, x, h):
        keep = sigmoid(affine("keep", x, blocks=2))
        return keep * h + (1 - keep) * affine("write", x)


class Mixed(Cell):
    """A map in blocks that reads a state besides x."""

    def equations(self, x, h):
        return sigmoid(affine("both", x, h, blocks=2))


def test_maps_of_x_alone_become_whole() -> None:
    graph, names = unblocked_graph(trace(Gated(), 4, 6).graph)
    assert names == ("keep.weight_0",)
    assert {shape.name: shape.shape for shape in graph.parameters()}["keep.weight_0"] == (6, 4)
    assert kernels.explain_cell(Gated, 4, 6).runs_as_scan


def test_maps_of_states_keep_their_blocks() -> None:
    graph = trace(Mixed(), 4, 6).graph
    assert unblocked_graph(graph) == (graph, ())


def test_gradients_come_back_as_blocks() -> None:
    torch.manual_seed(0)
    layer = Recurrent(Gated, 4, 6).double()
    x = torch.randn(2, 9, 4, dtype=torch.float64)
    found = {}
    for kernel in ("derived", "reference"):
        with kernels.use(kernel):
            y, _ = layer(x)
            found[kernel] = (y.detach(), *torch.autograd.grad(y.square().sum(), list(layer.parameters())))
    for got, wanted in zip(found["derived"], found["reference"], strict=True):
        torch.testing.assert_close(got, wanted)
