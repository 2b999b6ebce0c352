"""The kernel that runs a cell by its plan, on one engine."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from seqloom.cells.graph import Input
from seqloom.kernels.backend import Backend
from seqloom.kernels.call import Call, Randomness, SequenceKernel, States
from seqloom.kernels.plan import plan, readout, unblocked
from seqloom.kernels.recurrence.engine import Engine
from seqloom.kernels.recurrence.function import Job, run_job
from seqloom.kernels.recurrence.packing import pack
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
        batch, time = call.x.shape[:2]
        packing = pack(batch, time, call.lengths, call.x.device)
        if not packing.steps.tokens:
            return call.x.new_zeros(*call.x.shape[:2], call.graph.out_features), call.states
        call = unblocked(call)
        randomness = call.randomness and Randomness(*(packing.sort(rows) for rows in call.randomness))
        graph, wanted, sources = readout(call.graph)
        cell_plan = plan(graph, randomness is not None, wanted)
        parameters = with_shared(cell_plan, call.parameters)
        job = Job(cell_plan, self.engine, packing.steps, randomness, tuple(parameters))
        if job.scans:
            packing = packing.by_rows()
        x = packing.gather(call.x)
        results, final = run_job(job, x, tuple(map(packing.sort, call.states)), parameters)
        y = _read_out(call, sources, x, results) if sources else results[0]
        return packing.scatter(y), tuple(map(packing.unsort, final))


def _read_out(call: Call, sources: Sequence[int], x: Tensor, results: Sequence[Tensor]) -> Tensor:
    """The output of every token, from x and the new states."""
    graph = call.graph
    place = next(k for k, node in enumerate(graph.nodes) if isinstance(node, Input))
    rows = [result.reshape(len(x), -1) for result in results]
    known = {place: x, **dict(zip(sources, rows, strict=True))}
    return evaluate(graph, call.parameters, graph.output, known).expand(len(x), -1)
