"""What a cell computes from its weights alone: once per call, with torch, before the sequence starts."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from seqloom.cells.graph import Constant, Graph, Pointwise, Weight
from seqloom.kernels.plan import Plan
from seqloom.kernels.reference import OPERATIONS

__all__ = ["with_shared"]


def with_shared(plan: Plan, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The parameters, and the shared vectors of ``plan`` by their names."""
    values: dict[int, Tensor] = {}
    return dict(parameters) | {name: _value(plan.graph, parameters, position, values) for name, position in plan.shared}


def _value(graph: Graph, parameters: Mapping[str, Tensor], position: int, values: dict[int, Tensor]) -> Tensor:
    """The node at ``position``, which joins ``values`` with all that it needs."""
    if position not in values:
        match node := graph.nodes[position]:
            case Weight():
                values[position] = parameters[f"{node.name}.vector"]
            case Constant():
                like = next(iter(parameters.values()))
                values[position] = like.new_full((1,), node.value)
            case Pointwise():
                operands = (_value(graph, parameters, k, values) for k in node.operands)
                values[position] = OPERATIONS[node.operation](*operands)
            case _:
                raise AssertionError(f"{node} is not made of weights alone")
    return values[position]
