"""What a cell computes from its weights alone: once per call, with torch, before the sequence starts."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from seqloom.cells.graph import Constant, Pointwise, Weight
from seqloom.kernels.plan import Plan
from seqloom.kernels.reference import OPERATIONS

__all__ = ["with_shared"]


def with_shared(plan: Plan, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The parameters, and the shared vectors of ``plan`` by their names."""
    nodes = plan.graph.nodes
    values: dict[int, Tensor] = {}

    def value(position: int) -> Tensor:
        if position not in values:
            match node := nodes[position]:
                case Weight():
                    values[position] = parameters[f"{node.name}.vector"]
                case Constant():
                    like = next(iter(parameters.values()))
                    values[position] = like.new_full((1,), node.value)
                case Pointwise():
                    values[position] = OPERATIONS[node.operation](*(value(k) for k in node.operands))
                case _:
                    raise AssertionError(f"{node} is not made of weights alone")
        return values[position]

    return dict(parameters) | {name: value(position) for name, position in plan.shared}
