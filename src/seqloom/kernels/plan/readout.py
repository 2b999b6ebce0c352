"""What only the output needs leaves the loop: maps and norms of the new states, once over all tokens after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from seqloom.cells.graph import Affine, Graph, Input, Mask, Node, Norm, State

__all__ = ["Readout", "readout"]


class Readout(NamedTuple):
    """The graph of the loop, its nodes that come out, which nodes of the whole graph these are, and where x is read.

    ``places`` says where in the loop a node of the whole graph stands.
    """

    loop: Graph
    wanted: tuple[int, ...]
    sources: tuple[int, ...]
    inputs: tuple[int, ...]
    places: Mapping[int, int]

    @property
    def comes_after(self) -> bool:
        """Whether the output is still to be computed after the loop."""
        return bool(self.sources)


@lru_cache(maxsize=256)
def readout(graph: Graph) -> Readout:
    """Cut ``graph`` where its output begins to read nothing but x and new states.

    Pointwise outputs stay in the loop, where they cost next to nothing; so do those that read old states or coins.
    """
    cone = _reached(graph, [graph.output], stops=graph.new_states)
    nodes = [graph.nodes[k] for k in cone]
    sources = tuple(k for k in cone if k in graph.new_states)
    own = [graph.nodes[k] for k in cone if k not in graph.new_states]
    heavy = any(isinstance(node, Affine | Norm) for node in own)
    tied = any(isinstance(node, State | Mask) for node in nodes)
    if not heavy or tied or not sources:
        return Readout(graph, (graph.output,), (), (), {k: k for k in range(len(graph.nodes))})
    loop, places = _pruned(graph)
    inputs = tuple(k for k in cone if isinstance(graph.nodes[k], Input))
    return Readout(loop, tuple(places[k] for k in sources), sources, inputs, places)


def _reached(graph: Graph, ends: Iterable[int], stops: Iterable[int] = ()) -> list[int]:
    """The nodes that ``ends`` are made of, those at ``stops`` taken as they are."""
    found: set[int] = set()
    waiting = list(ends)
    while waiting:
        position = waiting.pop()
        if position not in found:
            found.add(position)
            waiting += () if position in stops else getattr(graph.nodes[position], "operands", ())
    return sorted(found)


def _pruned(graph: Graph) -> tuple[Graph, dict[int, int]]:
    """The graph of the new states alone, and the new place of each node."""
    needed = set(_reached(graph, graph.new_states))
    kept = [k for k, node in enumerate(graph.nodes) if k in needed or isinstance(node, Input | State)]
    places = {k: place for place, k in enumerate(kept)}
    nodes = tuple(_moved(graph.nodes[k], places) for k in kept)
    new = tuple(places[k] for k in graph.new_states)
    names = tuple((name, places[k]) for name, k in graph.names if k in places)
    return Graph(nodes, new, new[0], names), places


def _moved(node: Node, places: dict[int, int]) -> Node:
    operands = getattr(node, "operands", None)
    if operands is None:
        return node
    return replace(node, operands=tuple(places[k] for k in operands))  # type: ignore[arg-type]
