"""From a cell's graph to the values of its step.

Maps of x alone leave the loop: the part of an affine map that reads x, with its bias, is a *stream*, computed for all
tokens by one product before the loop starts. What only reads weights is a *shared* vector, computed once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from seqloom.cells.graph import Affine, Constant, Graph, Input, Mask, Norm, Pointwise, State, Weight
from seqloom.kernels.plan.values import Arena, Coins, Load, Normalise, Number, Place, Product, Slot, Term

__all__ = ["Forward", "lower"]


@dataclass
class Forward:
    """The values of one step: ``of_node`` says which value is which node of the graph."""

    graph: Graph
    arena: Arena = field(default_factory=Arena)
    of_node: list[int] = field(default_factory=list)
    streams: dict[str, Affine] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)

    @property
    def new_states(self) -> list[tuple[int, Slot]]:
        """Each new state, and the slot of its sequence."""
        pairs = zip(self.graph.new_states, self.graph.states, strict=True)
        return [(self.of_node[k], Slot(f"new.{state.name}", state.width, Place.TOKEN)) for k, state in pairs]

    @property
    def output(self) -> tuple[int, Slot]:
        """The output, and the slot of its sequence: that of a state where the output is that state."""
        value = self.of_node[self.graph.output]
        slots = [slot for state, slot in self.new_states if state == value]
        return value, slots[0] if slots else Slot("output", self.graph.out_features, Place.TOKEN)


def lower(graph: Graph, masks_drawn: bool) -> Forward:
    """The values of one step of ``graph``; masks are drawn, or have their mean."""
    forward = Forward(graph)
    hoisted = _weights_alone(graph)
    for position, node in enumerate(graph.nodes):
        if hoisted[position]:
            forward.shared[f"shared.{position}"] = position
            value = forward.arena.add(Load(Slot(f"shared.{position}", node.width, Place.SHARED)))
        else:
            value = _lower(forward, position, masks_drawn)
        forward.of_node.append(value)
    return forward


def _weights_alone(graph: Graph) -> list[bool]:
    """The pointwise nodes that read weights and numbers only."""
    still: list[bool] = []
    for node in graph.nodes:
        match node:
            case Weight() | Constant():
                still.append(True)
            case Pointwise():
                still.append(all(still[k] for k in node.operands))
            case _:
                still.append(False)
    return [flag and isinstance(node, Pointwise) for flag, node in zip(still, graph.nodes, strict=True)]


def _lower(forward: Forward, position: int, masks_drawn: bool) -> int:
    arena, of_node, node = forward.arena, forward.of_node, forward.graph.nodes[position]
    match node:
        case Input():
            return arena.add(Load(Slot("x", node.width, Place.TOKEN)))
        case State():
            return arena.add(Load(Slot(f"new.{node.name}", node.width, Place.PREVIOUS)))
        case Constant():
            return arena.add(Number(node.value))
        case Weight():
            return _vector(arena, f"{node.name}.vector", node.width)
        case Affine():
            return _affine(forward, node)
        case Norm():
            hat = arena.add(Normalise((of_node[node.operands[0]],), node.width, node.kind, node.groups))
            scaled = arena.apply("multiply", hat, _vector(arena, f"{node.name}.scale", node.width))
            if node.kind == "rms":
                return scaled
            return arena.apply("add", scaled, _vector(arena, f"{node.name}.bias", node.width))
        case Mask():
            return arena.add(Coins(node.name, node.p, node.per, node.width) if masks_drawn else Number(node.p))
        case Pointwise():
            return arena.apply(node.operation, *(of_node[k] for k in node.operands))


def _vector(arena: Arena, name: str, width: int) -> int:
    return arena.add(Load(Slot(name, width, Place.SHARED)))


def _affine(forward: Forward, node: Affine) -> int:
    arena, graph = forward.arena, forward.graph
    terms = []
    for k, operand in enumerate(node.operands):
        if isinstance(graph.nodes[operand], Input) and node.blocks == 1:
            forward.streams[node.name] = node
        else:
            terms.append(Term(forward.of_node[operand], f"{node.name}.weight_{k}"))
    start: int | None
    if node.name in forward.streams:
        start = arena.add(Load(Slot(f"stream.{node.name}", node.width, Place.TOKEN)))
    else:
        start = _vector(arena, f"{node.name}.bias", node.width) if node.bias else None
    if not terms:
        assert start is not None
        return start
    return arena.add(Product(tuple(terms), start, node.width, node.blocks))
