"""A cell's graph as it is drawn: what stands in a box, and which box reads which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from seqloom.cells.graph import Affine, Constant, Graph, Input, Mask, Node, Norm, Part, Pointwise, State, Weight
from seqloom.inspection.diagrams.drawing import Label, Shape, Sub

__all__ = ["Step", "flow_of"]

_SIGNS = {"add": "+", "subtract": "−", "multiply": "⊙", "divide": "÷", "maximum": "max", "minimum": "min"}
_FUNCTIONS = {"sigmoid": "σ", "negative": "−"}


@dataclass(frozen=True)
class Step:
    """Something that is drawn by itself: the node of the graph that it gives, how it looks, and which steps it reads.

    ``title`` is empty where it has no name; then ``does`` stands in a circle.
    """

    node: int
    shape: Shape
    title: Label
    does: str
    reads: tuple[int, ...]
    is_end: bool = False


def flow_of(graph: Graph) -> list[Step]:
    """What a step of the cell does, each before what reads it; last the new states, and the output if it is none.

    A map with the norm and function after it is one box, and a number stands in the operation that takes it.
    """
    names = {position: name for name, position in graph.names}
    inside = _inside(graph, names)
    place: dict[int, int] = {}
    steps: list[Step] = []
    for position, node in enumerate(graph.nodes):
        if position in inside or isinstance(node, Constant) or not _is_read(graph, position):
            continue
        chain = list(_chain(graph, inside, position))
        reads = tuple(place[k] for k in getattr(graph.nodes[chain[0]], "operands", ()) if k in place)
        place |= dict.fromkeys(chain, len(steps))
        steps.append(_step(graph, chain, names, reads))
    new = [(Shape.STATE, Sub(state.name, "t"), k) for state, k in zip(graph.states, graph.new_states, strict=True)]
    output = [] if graph.output in graph.new_states else [(Shape.VALUE, Sub("y", "t"), graph.output)]
    for shape, title, k in new + output:
        reads = (place[k],) if k in place else ()
        steps.append(Step(k, shape, title, "output" if k == graph.output else "", reads, is_end=True))
    return steps


def _inside(graph: Graph, names: dict[int, str]) -> dict[int, int]:
    """Nodes that stand in the box of what reads them: a map, or its norm, that one norm or function alone reads."""
    uses = Counter(operand for node in graph.nodes for operand in getattr(node, "operands", ()))
    ends = {*graph.new_states, graph.output}
    found: dict[int, int] = {}
    for position, node in enumerate(graph.nodes):
        if isinstance(node, Norm) or (isinstance(node, Pointwise) and len(node.operands) == 1):
            (below,) = node.operands
            maps = isinstance(graph.nodes[below], Affine | Norm)
            if maps and uses[below] == 1 and below not in ends and below not in names:
                found[below] = position
    return found


def _chain(graph: Graph, inside: dict[int, int], position: int) -> Iterator[int]:
    """The nodes of one box, the first one first."""
    for below in getattr(graph.nodes[position], "operands", ()):
        if inside.get(below) == position:
            yield from _chain(graph, inside, below)
    yield position


def _is_read(graph: Graph, position: int) -> bool:
    ends = {*graph.new_states, graph.output}
    return position in ends or any(position in getattr(node, "operands", ()) for node in graph.nodes)


def _step(graph: Graph, chain: list[int], names: dict[int, str], reads: tuple[int, ...]) -> Step:
    first, last = graph.nodes[chain[0]], graph.nodes[chain[-1]]
    position = chain[-1]
    name = names.get(position, "").replace("_", " ")
    match first:
        case Input():
            return Step(position, Shape.VALUE, Sub("x", "t"), "", ())
        case Part(width=width, start=start):
            return Step(position, Shape.VALUE, Sub("x", f"t, {start}:{start + width}"), "", reads)
        case State(name=state):
            return Step(position, Shape.STATE, Sub(state, "t−1"), "", ())
        case Weight(name=vector):
            return Step(position, Shape.VALUE, name or vector.replace("_", " "), "learned", ())
        case Mask(name=mask, p=p):
            return Step(position, Shape.VALUE, name or mask.replace("_", " "), f"coins of {p:g}", ())
        case Affine() | Norm():
            title = name or first.name.replace("_", " ")
            return Step(position, Shape.LAYER, title, " → ".join(_does(graph, graph.nodes[k]) for k in chain), reads)
        case _:
            return Step(position, Shape.VALUE if name else Shape.OPERATION, name, _does(graph, last), reads)


def _does(graph: Graph, node: Node) -> str:
    match node:
        case Affine():
            return "map"
        case Norm(kind=kind):
            return f"{kind} norm"
        case Pointwise(operation=operation, operands=operands):
            numbers = [one.value if isinstance(one := graph.nodes[k], Constant) else None for k in operands]
            if operation not in _SIGNS:
                return _FUNCTIONS.get(operation, operation)
            sign = _SIGNS[operation].replace("⊙", "·") if any(n is not None for n in numbers) else _SIGNS[operation]
            before, after = ("" if number is None else f"{number:g}" for number in numbers)
            return f"{before} {sign} {after}".strip()
    raise AssertionError(node)
