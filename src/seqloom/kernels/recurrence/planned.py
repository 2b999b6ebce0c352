"""The kernel that runs a cell by its plan, on one engine."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache

from torch import Tensor

from seqloom.cells.graph import Graph
from seqloom.kernels.backend import Backend
from seqloom.kernels.call import Call, SequenceKernel, States
from seqloom.kernels.plan import Plan, Readout, plan, readout, unblocked
from seqloom.kernels.plan.lower import lower
from seqloom.kernels.plan.unblocked import unblocked_graph
from seqloom.kernels.plan.values import Load, Number
from seqloom.kernels.recurrence.engine import Engine
from seqloom.kernels.recurrence.function import run_recurrence
from seqloom.kernels.recurrence.packing import pack
from seqloom.kernels.recurrence.passes import Inputs, Recurrence
from seqloom.kernels.recurrence.shared import with_shared
from seqloom.kernels.reference import evaluate
from seqloom.kernels.transforms import left_to_torch

__all__ = ["Planned", "planned"]

Run = Callable[[Recurrence, Inputs], tuple[tuple[Tensor, ...], States]]


def planned(graph: Graph, masks_drawn: bool) -> tuple[Readout, Plan]:
    """What runs in the loop and what after it."""
    after = readout(unblocked_graph(graph)[0])
    return after, plan(after.loop, masks_drawn, after.wanted)


@lru_cache(maxsize=256)
def computed(loop: Graph, masks_drawn: bool) -> frozenset[int]:
    """The nodes of ``loop`` that are made in it; others are read from memory, or are numbers."""
    forward = lower(loop, masks_drawn, ())
    values = {k: forward.arena.values[value] for k, value in forward.of_node.items()}
    return frozenset(k for k, value in values.items() if not isinstance(value, Load | Number))


class Planned(SequenceKernel):
    """Any cell by its derived programs; the ``engine`` of ``backend`` runs them."""

    def __init__(self, backend: Backend, engine: Engine) -> None:
        self.backend, self.summary = backend, backend.summary
        self.engine = engine

    def refusal(self, call: Call) -> str | None:
        return left_to_torch(call.tensors) or self.engine.refusal(call.tensors)

    def deference(self, call: Call) -> str | None:
        return "for a single step, preparing the run takes longer than the step" if call.x.shape[1] == 1 else None

    def run(self, call: Call) -> tuple[Tensor, States]:
        return self.run_by(run_recurrence, call)

    def run_by(self, run: Run, call: Call) -> tuple[Tensor, States]:
        """The same, where ``run`` makes the passes; whatever stands around them is torch's operations."""
        call = unblocked(call)
        after, cell_plan = planned(call.graph, call.randomness is not None)
        y, final, _ = self._whole(run, call, after, cell_plan)
        return y, final

    def run_and_show(self, call: Call, asked: Collection[int]) -> tuple[Tensor, States, dict[int, Tensor]]:
        """The same, and each state after every step (B, T, H), which the loop writes anyway, and those of the nodes
        ``asked`` for that it computes, all by their place in the graph."""
        call = unblocked(call)
        after = readout(unblocked_graph(call.graph)[0])
        made = computed(after.loop, call.randomness is not None)
        places = {k: after.places[k] for k in asked if k in after.places and after.places[k] in made}
        places |= {k: after.places[k] for k in call.graph.new_states}
        wanted = tuple(dict.fromkeys((*after.wanted, *places.values())))
        cell_plan = plan(after.loop, call.randomness is not None, wanted)
        y, final, outputs = self._whole(run_recurrence, call, after, cell_plan)
        return y, final, {k: outputs[wanted.index(place)] for k, place in places.items()}

    def _whole(
        self, run: Run, call: Call, after: Readout, cell_plan: Plan
    ) -> tuple[Tensor, States, tuple[Tensor, ...]]:
        """y, the final states, and all that the plan wants."""
        parameters = with_shared(cell_plan, call.parameters)
        recurrence = Recurrence(cell_plan, tuple(parameters), self.engine)
        inputs = Inputs(call.x, call.states, tuple(parameters.values()), call.lengths, call.randomness)
        outputs, final = run(recurrence, inputs)
        if not after.comes_after:
            return outputs[0], final, outputs
        packing = recurrence.in_order(pack(call.x, call.lengths))
        known = dict(zip(after.sources, map(packing.gather, outputs), strict=False))
        known |= {place: packing.gather(call.x) for place in after.inputs}
        y = evaluate(call.graph, call.parameters, call.graph.output, known)
        return packing.scatter(y.expand(packing.steps.tokens, -1)), final, outputs
