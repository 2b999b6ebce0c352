"""From a cell's graph to the values of its step.

Maps of x alone leave the loop: the part of an affine map that reads x, with its bias, is a *stream*, computed for all
tokens by one product before the loop starts. What only reads weights is a *shared* vector, computed once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seqloom.cells.graph import Affine, Constant, Graph, Input, Mask, Node, Norm, Part, Pointwise, State, Weight
from seqloom.kernels.plan.values import Arena, Coins, Load, Normalise, Number, Place, Product, Slot, Term

__all__ = ["Forward", "columns_of_x", "lower"]

OUTPUT = "output"


@dataclass(frozen=True)
class Forward:
    """The values of one step: the new states with the slots of their sequences, and the values that come out.

    ``of_node`` says which value is which node of the graph.
    """

    arena: Arena
    new_states: tuple[tuple[int, Slot], ...]
    results: tuple[int, ...]
    streams: Mapping[str, Affine] = field(default_factory=dict)
    shared: Mapping[str, int] = field(default_factory=dict)
    of_node: Mapping[int, int] = field(default_factory=dict)

    @property
    def outputs(self) -> tuple[tuple[int, Slot], ...]:
        """What comes out, and the slots of its sequences: those of states where they are states."""
        found = dict(reversed(self.new_states))
        for value in self.results:
            name = f"{OUTPUT}.{value}" if OUTPUT in {slot.name for slot in found.values()} else OUTPUT
            found.setdefault(value, Slot(name, self.arena.width(value), Place.TOKEN))
        return tuple((value, found[value]) for value in self.results)


def lower(graph: Graph, masks_drawn: bool, wanted: tuple[int, ...], ahead: bool = True) -> Forward:
    """The values of one step of ``graph``; the nodes ``wanted`` come out; masks are drawn, or have their mean.

    Without ``ahead``, nothing leaves the step: it reads x and parameters alone.
    """
    lowering = _Lowering(graph, masks_drawn, ahead)
    slots = [Slot(f"new.{state.name}", state.width, Place.TOKEN) for state in graph.states]
    new = tuple(zip((lowering.of_node[k] for k in graph.new_states), slots, strict=True))
    results = tuple(lowering.of_node[k] for k in wanted)
    return Forward(lowering.arena, new, results, lowering.streams, lowering.shared, lowering.of_node)


def columns_of_x(graph: Graph) -> dict[Slot, slice]:
    """The slots that can hold x or parts of it, and which of its columns they hold."""
    parts = [node for node in graph.nodes if isinstance(node, Part)]
    found = {_slot_of_part(part): slice(part.start, part.start + part.width) for part in parts}
    return {Slot("x", graph.in_features, Place.TOKEN): slice(None)} | found


def _slot_of_part(part: Part) -> Slot:
    return Slot(part.text, part.width, Place.TOKEN)


def _weights_alone(graph: Graph) -> list[bool]:
    """The pointwise nodes that read weights, and besides them only numbers."""
    still: list[bool] = []
    weighs: list[bool] = []
    for node in graph.nodes:
        operands = node.operands if isinstance(node, Pointwise) else ()
        still.append(isinstance(node, Weight | Constant) or (bool(operands) and all(still[k] for k in operands)))
        weighs.append(isinstance(node, Weight) or any(weighs[k] for k in operands))
    return [
        isinstance(node, Pointwise) and alone and weighed
        for node, alone, weighed in zip(graph.nodes, still, weighs, strict=True)
    ]


def _needed(graph: Graph, hoisted: Sequence[bool]) -> set[int]:
    """The nodes that the new states and the output are made from, and all states: each hands a gradient on.

    What ``hoisted`` nodes are made from is not needed in the loop.
    """
    found = {position for position, node in enumerate(graph.nodes) if isinstance(node, State)}
    waiting = [*graph.new_states, graph.output]
    while waiting:
        position = waiting.pop()
        if position not in found:
            found.add(position)
            waiting += () if hoisted[position] else getattr(graph.nodes[position], "operands", ())
    return found


class _Lowering:
    """Node after node; ``of_node`` says which value is which node of the graph: none where nothing needs it."""

    def __init__(self, graph: Graph, masks_drawn: bool, ahead: bool) -> None:
        self.graph = graph
        self.masks_drawn = masks_drawn
        self.ahead = ahead
        self.arena = Arena()
        self.of_node: dict[int, int] = {}
        self.streams: dict[str, Affine] = {}
        self.shared: dict[str, int] = {}
        hoisted = _weights_alone(graph) if ahead else [False] * len(graph.nodes)
        for position in sorted(_needed(graph, hoisted)):
            node = graph.nodes[position]
            if hoisted[position]:
                self.shared[f"shared.{position}"] = position
                self.of_node[position] = self._vector(f"shared.{position}", node.width)
            else:
                self.of_node[position] = self._lower(node)

    def _lower(self, node: Node) -> int:
        arena, of_node = self.arena, self.of_node
        match node:
            case Input():
                return arena.add(Load(Slot("x", node.width, Place.TOKEN)))
            case Part():
                return arena.add(Load(_slot_of_part(node)))
            case State():
                return arena.add(Load(Slot(f"new.{node.name}", node.width, Place.PREVIOUS)))
            case Constant():
                return arena.add(Number(node.value))
            case Weight():
                return self._vector(f"{node.name}.vector", node.width)
            case Affine():
                return self._affine(node)
            case Norm():
                return self._norm(node)
            case Mask():
                coins = Coins(node.name, node.p, node.per, node.width)
                return arena.add(coins if self.masks_drawn else Number(node.p, node.width))
            case Pointwise():
                return arena.apply(node.operation, *(of_node[k] for k in node.operands))

    def _vector(self, name: str, width: int) -> int:
        return self.arena.add(Load(Slot(name, width, Place.SHARED)))

    def _norm(self, node: Norm) -> int:
        arena = self.arena
        hat = arena.add(Normalise((self.of_node[node.operands[0]],), node.width, node.kind, node.groups))
        scaled = arena.apply("multiply", hat, self._vector(f"{node.name}.scale", node.width))
        if node.kind == "rms":
            return scaled
        return arena.apply("add", scaled, self._vector(f"{node.name}.bias", node.width))

    def _affine(self, node: Affine) -> int:
        terms = []
        for k, operand in enumerate(node.operands):
            if self.ahead and isinstance(self.graph.nodes[operand], Input) and node.blocks == 1:
                self.streams[node.name] = node
            else:
                terms.append(Term(self.of_node[operand], f"{node.name}.weight_{k}"))
        start: int | None
        if node.name in self.streams:
            start = self.arena.add(Load(Slot(f"stream.{node.name}", node.width, Place.TOKEN)))
        else:
            start = self._vector(f"{node.name}.bias", node.width) if node.bias else None
        if not terms:
            assert start is not None
            return start
        return self.arena.add(Product(tuple(terms), start, node.width, node.blocks))
