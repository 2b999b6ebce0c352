"""Block-diagonal maps of x alone, as maps by whole matrices, which leave the loop like all others of their kind.

Before the loop one large product over all tokens costs little, zeros included; in the loop the same map would run at
every step, and a recurrence that is diagonal but for it could not run as a scan.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import torch

from seqloom.cells.graph import Affine, Graph, Input
from seqloom.kernels.call import Call

__all__ = ["unblocked", "unblocked_graph"]


@lru_cache(maxsize=256)
def unblocked_graph(graph: Graph) -> tuple[Graph, tuple[str, ...]]:
    """``graph`` with whole matrices for its block-diagonal maps of x alone, and the names of these matrices."""
    maps = {k: node for k, node in enumerate(graph.nodes) if isinstance(node, Affine) and _is_blocked(graph, node)}
    nodes = tuple(replace(maps[k], blocks=1) if k in maps else node for k, node in enumerate(graph.nodes))
    names = tuple(f"{node.name}.weight_{k}" for node in maps.values() for k in range(len(node.operands)))
    return replace(graph, nodes=nodes), names


def unblocked(call: Call) -> Call:
    """``call`` with the graph of ``unblocked_graph``; gradients reach the blocks."""
    graph, names = unblocked_graph(call.graph)
    whole = {name: torch.block_diag(*call.parameters[name]) for name in names}
    return call._replace(graph=graph, parameters={**call.parameters, **whole}) if names else call


def _is_blocked(graph: Graph, node: Affine) -> bool:
    return node.blocks > 1 and all(isinstance(graph.nodes[operand], Input) for operand in node.operands)
