"""The kernel that runs a cell by its plan, on one engine."""

from __future__ import annotations

from torch import Tensor

from seqloom.kernels.backend import Backend
from seqloom.kernels.call import Call, SequenceKernel, States
from seqloom.kernels.plan import plan, readout, unblocked
from seqloom.kernels.recurrence.engine import Engine
from seqloom.kernels.recurrence.function import run_recurrence
from seqloom.kernels.recurrence.packing import pack
from seqloom.kernels.recurrence.passes import Inputs, Recurrence
from seqloom.kernels.recurrence.shared import with_shared
from seqloom.kernels.reference import evaluate
from seqloom.kernels.transforms import left_to_torch

__all__ = ["Planned"]


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
        call = unblocked(call)
        after = readout(call.graph)
        cell_plan = plan(after.loop, call.randomness is not None, after.wanted)
        parameters = with_shared(cell_plan, call.parameters)
        recurrence = Recurrence(cell_plan, tuple(parameters), self.engine)
        inputs = Inputs(call.x, call.states, tuple(parameters.values()), call.lengths, call.randomness)
        outputs, final = run_recurrence(recurrence, inputs)
        if not after.comes_after:
            return outputs[0], final
        packing = recurrence.in_order(pack(call.x, call.lengths))
        known = dict(zip(after.sources, map(packing.gather, outputs), strict=True))
        known |= {place: packing.gather(call.x) for place in after.inputs}
        y = evaluate(call.graph, call.parameters, call.graph.output, known)
        return packing.scatter(y.expand(packing.steps.tokens, -1)), final
