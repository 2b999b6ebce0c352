"""Equations in MathML mean what the graph computes: each is read back as an expression and worked out."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom.cells import Cell, Graph, affine, formula, named, sigmoid, trace
from seqloom.cells.mathml import mathml
from seqloom.cells.nodes import BINARY, NODE_TYPES, NORMS, UNARY, Norm, Pointwise
from seqloom.kernels.reference import values
from seqloom.layers import Recurrent
from tests.kernels.cells import CELLS as KNOWN

WIDTH = 8
FUNCTIONS = {
    "σ": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "exp": torch.exp,
    "log": torch.log,
    "softplus": F.softplus,
    "sin": torch.sin,
    "cos": torch.cos,
    "max": torch.maximum,
    "min": torch.minimum,
}
SIGNS = {"−": "-", "⊙": "*", "·": "*", "⁢": "@", "⁡": ""}


def source(element: ElementTree.Element) -> str:
    """The Python expression that a MathML element is read as."""
    kind, parts = element.tag, list(element)
    text = (element.text or "").replace("\xa0", "_")
    match kind:
        case "mrow":
            return "".join(map(source, parts))
        case "mo":
            return SIGNS.get(text, text)
        case "mn":
            return f"torch.full((1, 1), {text.replace('−', '-')}, dtype=torch.float64)"
        case "mi":
            return f"f[{text!r}]" if text in FUNCTIONS else f"v[{text!r}]"
        case "msub":
            return f"v[{' '.join(''.join(one.itertext()) for one in parts)!r}]".replace("\\xa0", "_")
        case "msup":
            return f"{source(parts[0])}**({source(parts[1])})"
        case "mfrac":
            return f"(({source(parts[0])})/({source(parts[1])}))"
        case "msqrt":
            return f"torch.sqrt({source(parts[0])})"
    raise AssertionError(kind)


class Matrix:
    """A matrix, whose product with a number for each unit is with that number at every unit."""

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix

    def __matmul__(self, column: Tensor) -> Tensor:
        return self.matrix @ column.expand(self.matrix.shape[1], 1)


class Known(dict):
    """Values by what they are called; parameters are matrices on the left of a column, and blocks on a diagonal."""

    def __init__(self, layer: Recurrent, x: Tensor, states: tuple[Tensor, ...]) -> None:
        super().__init__({"x t": x[:, None]})
        self.parameters = {name: value.detach() for name, value in layer._present_weights().items()}
        self.update(
            {f"{node.name} t−1": state[:, None] for node, state in zip(layer.graph.states, states, strict=True)}
        )
        self.graph = layer.graph

    def __missing__(self, key: str) -> Any:
        head, _, rest = key.partition(" ")
        name, _, number = rest.partition(",")
        if head == "W":
            matrix = self.parameters[f"{name}.weight_{number}"]
            return Matrix(torch.block_diag(*matrix) if matrix.ndim == 3 else matrix)
        if head == "b":
            return self.parameters[f"{name}.bias"][:, None]
        if head in ("LayerNorm", "RMSNorm"):
            return lambda v: self.normed(rest, v[:, 0])[:, None]
        if key in (masks := {node.name: node.p for node in self.graph.nodes if hasattr(node, "per")}):
            return torch.full((1, 1), masks[key], dtype=torch.float64)
        if head == "x" and ":" in rest:
            start, stop = rest.removeprefix("t,").split(":")
            return self["x t"][int(start) : int(stop)]
        return self.parameters[f"{key}.vector"][:, None]

    def normed(self, name: str, value: Tensor) -> Tensor:
        (node,) = [one for one in self.graph.nodes if isinstance(one, Norm) and one.name == name]
        scale = self.parameters[f"{name}.scale"]
        groups = value.view(node.groups, -1)
        if node.kind == "layer":
            return F.layer_norm(groups, groups.shape[-1:]).flatten() * scale + self.parameters[f"{name}.bias"]
        return (groups / (groups.square().mean(-1, keepdim=True) + 1e-5).sqrt()).flatten() * scale


class Brackets(Cell):
    """What brackets are for: sums and negatives within products, differences, quotients and themselves."""

    def equations(self, x, h):
        a, b, c = affine("a", x), affine("b", h), affine("c", h)
        differences = a - (b + c) - (a - (b - c)) - (-c)
        products = a * (b - c) * -a + -(a + b) * (-c) + b * (a * c) * 1e-2
        return named("all", differences + (products + -a) + (a - b) / (2 + h * h) / 3) - -(0.5 - sigmoid(-(a - c)))


CELLS = {**KNOWN, "Brackets": Brackets()}


def graph_of(name: str) -> Graph:
    return trace(CELLS[name], WIDTH, WIDTH).graph


@pytest.mark.parametrize("name", CELLS)
def test_what_is_written_is_what_is_computed(name: str) -> None:
    torch.manual_seed(0)
    layer = Recurrent(CELLS[name], WIDTH, WIDTH).double().eval()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    x = torch.randn(WIDTH, dtype=torch.float64)
    states = tuple(torch.rand(node.width, dtype=torch.float64) for node in layer.graph.states)
    known = Known(layer, x, states)
    rows = ElementTree.fromstring(mathml(layer.graph))[0]
    for row in rows:
        left, equals, right = (cell[0] for cell in row)
        assert equals.text == "="
        key = source(left).removeprefix("v['").removesuffix("']")
        known[key] = eval(source(right), {"v": known, "f": FUNCTIONS, "torch": torch})
    found = values(layer.graph, known.parameters, x[None], tuple(state[None] for state in states), None)
    new = {state.name: k for state, k in zip(layer.graph.states, layer.graph.new_states, strict=True)}
    for key, position in {**new, **dict(layer.graph.names), "y": layer.graph.output}.items():
        expected = found[position].expand(1, layer.graph.nodes[position].width)[0]
        worked_out = torch.as_tensor(known[f"{key} t"], dtype=torch.float64).reshape(-1).expand(expected.shape)
        torch.testing.assert_close(worked_out, expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", CELLS)
def test_there_is_a_line_for_each_of_the_text(name: str) -> None:
    assert mathml(graph_of(name)).count("<mtr>") == len(formula(graph_of(name)).splitlines())


def test_every_kind_of_node_and_operation_was_written() -> None:
    nodes = [node for name in CELLS for node in graph_of(name).nodes]
    assert {type(node) for node in nodes} == set(NODE_TYPES.values())
    assert {node.operation for node in nodes if isinstance(node, Pointwise)} == {*UNARY, *BINARY}
    assert {node.kind for node in nodes if isinstance(node, Norm)} == {*NORMS}
