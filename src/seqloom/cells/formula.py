"""The equations of a traced cell, written back: as trees, and as text."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from seqloom.cells.expressions import Applied, Columns, Expression, Map, Normed, Number, Quantity, Role, bare
from seqloom.cells.graph import Affine, Constant, Graph, Input, Mask, Norm, Part, Pointwise, State, Weight

__all__ = ["Equation", "Equations", "equations_of", "formula", "map_text"]

_LONGEST = 24
"""Signs of what is written again where it is used a second time; more get a name."""


class Equation(NamedTuple):
    """``left = right``."""

    left: Quantity
    right: Expression

    @property
    def text(self) -> str:
        """In one line."""
        return f"{self.left.text} = {bare(self.right.text)}"


class Equations(NamedTuple):
    """The equations of a step in their order, and how an expression calls each node of the graph."""

    lines: tuple[Equation, ...]
    values: tuple[Expression, ...]


def formula(graph: Graph) -> str:
    """The step as text: one line per map, norm, named quantity and shared value, then one per new state and the output.

    Where a quantity bears the name of a map that it is made from, that map is written with ``_map`` after its name.

    >>> from seqloom.cells import Elman, trace
    >>> print(formula(trace(Elman(), 3, 4).graph))
    hidden = W_hidden_0 x + W_hidden_1 h + b_hidden
    h' = tanh(hidden)
    y = h'
    """
    return "\n".join(line.text for line in equations_of(graph).lines)


def equations_of(graph: Graph) -> Equations:
    """The equations that ``formula`` prints, and what each node is called in them."""
    lines: list[Equation] = []
    values: list[Expression] = []
    names = {position: name for name, position in graph.names}
    states = {k: Quantity(state.name, Role.AFTER) for k, state in zip(graph.new_states, graph.states, strict=True)}
    uses = Counter(operand for node in graph.nodes for operand in getattr(node, "operands", ()))

    def write(left: Quantity, right: Expression) -> Quantity:
        lines.append(Equation(left, right))
        return left

    for position, node in enumerate(graph.nodes):
        operands = tuple(values[k] for k in getattr(node, "operands", ()))
        value: Expression
        match node:
            case Affine():
                called = Quantity(map_text(graph, node.name), Role.VALUE)
                value = write(called, Map(node.name, operands, node.bias))
            case Norm():
                value = write(Quantity(node.name, Role.VALUE), Normed(node.name, node.kind, operands[0]))
            case Input():
                value = Quantity("x", Role.INPUT)
            case Part():
                value = Columns(node.start, node.start + node.width)
            case Constant():
                value = Number(node.value)
            case State():
                value = Quantity(node.name, Role.BEFORE)
            case Weight() | Mask():
                value = Quantity(node.name, Role.VECTOR)
            case Pointwise():
                value = Applied(node.operation, operands)
                shared = uses[position] > 1 and len(value.text) > _LONGEST
                if position not in names and (position in states or shared):
                    value = write(states.get(position, Quantity(f"v{position}", Role.VALUE)), value)
        if names.get(position, value.text) != value.text:
            value = write(Quantity(names[position], Role.VALUE), value)
        values.append(value)
    for position, state in states.items():
        if values[position].text != state.text:
            write(state, values[position])
    write(Quantity("y", Role.OUTPUT), values[graph.output])
    return Equations(tuple(lines), tuple(values))


def map_text(graph: Graph, name: str) -> str:
    """What the map ``name`` is called: so, or with an ending where what is made from it bears that name."""
    bearer = dict(graph.names).get(name)
    is_map = bearer is None or isinstance(graph.nodes[bearer], Affine)
    return name if is_map else f"{name}_map"
