"""What a recurrence computes at every step, in the run of an untouched kernel."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from torch import Tensor

from seqloom.kernels.backend import Kernel
from seqloom.kernels.call import Call, States
from seqloom.kernels.recurrence import Planned
from seqloom.kernels.reference import Reference, unroll
from seqloom.kernels.sequence import CPU_KERNEL

__all__ = ["Shown", "run_and_show"]


class Shown(NamedTuple):
    """y (B, T, H) and the final states (B, H) of a kernel, bit for bit, and ``nodes`` of the graph after every step
    (B, T, H), 0 beyond each row's length: all new states, and what else it shows.

    ``remark`` says which are another kernel's.
    """

    y: Tensor
    final: States
    nodes: Mapping[int, Tensor]
    remark: str = ""


def run_and_show(kernel: Kernel[Call, tuple[Tensor, States]], call: Call, asked: Collection[int] = ()) -> Shown:
    """``kernel.run(call)``, and every state on the way, with those of the nodes ``asked`` for that its loop computes.

    A kernel of torch gives h and nothing else; then the run is done once more by a kernel of ours.
    """
    graph = call.graph
    if isinstance(kernel, Planned):
        return Shown(*kernel.run_and_show(call, asked))
    if isinstance(kernel, Reference):
        positions = tuple(dict.fromkeys((*graph.new_states, *asked)))
        (y, *values), final = unroll(call, (graph.output, *positions))
        return Shown(y, final, dict(zip(positions, values, strict=True)))
    y, final = kernel.run(call)
    known = {graph.output: y} if graph.output in graph.new_states else {}
    if not asked and known.keys() >= set(graph.new_states):
        return Shown(y, final, known)
    ours = CPU_KERNEL if CPU_KERNEL.refusal(call) is None else Reference()
    remark = f"the kernel {kernel.backend.name!r} shows no more than h; all else is that of {ours.backend.name!r}"
    return Shown(y, final, {**run_and_show(ours, call, asked).nodes, **known}, remark)
