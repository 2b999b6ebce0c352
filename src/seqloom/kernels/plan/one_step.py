"""A single step by itself: nothing is computed ahead of it, so it reads x, the states and the present parameters."""

from __future__ import annotations

from functools import lru_cache

from seqloom.cells.graph import Graph
from seqloom.kernels.plan.lower import lower
from seqloom.kernels.plan.schedule import Program, Target, schedule
from seqloom.kernels.plan.values import Place, Slot

__all__ = ["one_step"]


@lru_cache(maxsize=256)
def one_step(graph: Graph, apart: bool) -> Program:
    """The new states, and the output: in memory of its own, or, if not ``apart`` and it is a state, in the state's."""
    forward = lower(graph, False, (graph.output,), ahead=False)
    ((output, slot),) = forward.outputs
    own = Slot("output", forward.arena.width(output), Place.TOKEN) if apart else slot
    results = dict.fromkeys([*forward.new_states, (output, own)])
    return schedule(forward.arena, [Target(*result) for result in results])
