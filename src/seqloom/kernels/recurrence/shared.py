"""What a cell computes from its weights alone: once per call, with torch, before the sequence starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from seqloom.cells.graph import Constant, Node, Pointwise, Weight
from seqloom.kernels.plan import Plan
from seqloom.kernels.reference import OPERATIONS

__all__ = ["with_shared"]


def with_shared(plan: Plan, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The parameters, and the shared vectors of ``plan`` by their names."""
    known: dict[int, Tensor] = {}
    return dict(parameters) | {
        name: _value(plan.graph.nodes, parameters, position, known) for name, position in plan.shared
    }


def _value(nodes: Sequence[Node], parameters: Mapping[str, Tensor], position: int, known: dict[int, Tensor]) -> Tensor:
    """The node at ``position``; no closure, which would hold the parameters until the garbage is collected."""
    if position not in known:
        match node := nodes[position]:
            case Weight():
                known[position] = parameters[f"{node.name}.vector"]
            case Constant():
                like = next(iter(parameters.values()))
                known[position] = like.new_full((1,), node.value)
            case Pointwise():
                operands = (_value(nodes, parameters, k, known) for k in node.operands)
                known[position] = OPERATIONS[node.operation](*operands)
            case _:
                raise AssertionError(f"{node} is not made of weights alone")
    return known[position]
