"""What a recurrence's states are after every step, in the run of an untouched kernel."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from seqloom.kernels.backend import Kernel
from seqloom.kernels.call import Call, States
from seqloom.kernels.recurrence import Planned
from seqloom.kernels.reference import Reference, unroll
from seqloom.kernels.sequence import CPU_KERNEL

__all__ = ["WithStates", "run_with_states"]


class WithStates(NamedTuple):
    """y (B, T, H) and the final states (B, H) of a kernel, bit for bit, and each state after every step (B, T, H).

    ``remark`` says where the states between are another kernel's.
    """

    y: Tensor
    final: States
    states: tuple[Tensor, ...]
    remark: str = ""


def run_with_states(kernel: Kernel[Call, tuple[Tensor, States]], call: Call) -> WithStates:
    """``kernel.run(call)``, and every state on the way; 0 beyond each row's length.

    A kernel of torch gives h and nothing else; then the run is done once more by a kernel of ours.
    """
    graph = call.graph
    if isinstance(kernel, Planned):
        return WithStates(*kernel.run_with_states(call))
    if isinstance(kernel, Reference):
        (y, *states), final = unroll(call, (graph.output, *graph.new_states))
        return WithStates(y, final, tuple(states))
    y, final = kernel.run(call)
    if graph.new_states == (graph.output,):
        return WithStates(y, final, (y,))
    ours = CPU_KERNEL if CPU_KERNEL.refusal(call) is None else Reference()
    remark = f"the kernel {kernel.backend.name!r} shows no state but h; the states are those of {ours.backend.name!r}"
    return WithStates(y, final, run_with_states(ours, call).states, remark)
