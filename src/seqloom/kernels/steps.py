"""Single steps without gradients, on weights where they lie at each step.

Nothing of the weights is kept from one step to the next, neither their numbers nor their addresses, so a step cannot be
of old weights, however they were written. What is kept knows shapes and formats alone: the compiled code, its
memory, and a check that tensors are such as the code reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqloom.cells.graph import Graph
from seqloom.kernels.arrangement import Arrangement, one_by_one
from seqloom.kernels.backend import CPU, Kernel
from seqloom.kernels.call import States
from seqloom.kernels.cpu import Stepper
from seqloom.kernels.policy import Explanation, Operation, present
from seqloom.kernels.sequence import CPU_ENGINE
from seqloom.kernels.transforms import is_quiet, is_seen, left_to_torch, sameness

__all__ = ["STEP", "Step", "Steps"]

ADDRESS = Tensor.data_ptr
MOST_READY = 64
"""Shapes of x that a layer is ready for at once."""


class Step(NamedTuple):
    """A step of ``steps``: x (B, D), the states (B, H), and the tensors that hold the parameters, if they are plain."""

    steps: Steps
    x: Tensor
    states: States
    tensors: Sequence[Tensor] | None

    @property
    def all(self) -> tuple[Tensor, ...]:
        """Every tensor that is read."""
        return (self.x, *self.states, *(self.tensors or ()))


class _Live(Kernel[Step, "_Ready"]):
    """Machine code on tensors where they lie; ``run`` gives what makes steps of such tensors."""

    backend = CPU
    summary = "machine code on the weights as they are"

    def refusal(self, step: Step) -> str | None:
        if torch.is_grad_enabled():
            return "gradients are wanted"
        if step.tensors is None:
            return "weights are computed for each call, by parametrisations or hooks"
        if torch.is_autocast_enabled("cpu"):
            return "autocast chooses formats operation by operation"
        reason = left_to_torch(step.all)
        if reason is None and is_seen(step.all):
            reason = "somebody looks at torch's operations"
        return reason or _odd(step) or CPU_ENGINE.refusal(step.all) or step.steps.refusal(len(step.x))

    def run(self, step: Step) -> _Ready:
        return _Ready(step)


def _odd(step: Step) -> str | None:
    """What there is about shapes or memory that the code does not read."""
    x, graph = step.x, step.steps.graph
    if x.ndim != 2 or not x.shape[0]:
        return f"x has the shape {tuple(x.shape)}, not that of B > 0 rows of D features"
    widths = (graph.in_features, *(state.width for state in graph.states))
    wanted = [*((len(x), width) for width in widths), *step.steps.arrangement.shapes]
    found = [tuple(tensor.shape) for tensor in step.all]
    if found != wanted:
        return f"the shapes of x, the states and the weights are {found}, not {wanted}"
    if any(tensor.layout != torch.strided or tensor._is_zerotensor() or not tensor.data_ptr() for tensor in step.all):
        return "a tensor does not hold its numbers one by one"
    return None


LIVE = _Live()
STEP = Operation[Step, "_Ready"](
    "a step without gradients", (LIVE,), in_parts="as a sequence of one step, whose kernel is chosen by itself"
)


class Steps:
    """``y, new = steps(x, states, tensors)`` for one graph, whose parameters lie in tensors as ``arrangement`` says.

    y (B, H) has memory of its own if it lies ``apart``; else it is the new state where the equations say so.
    """

    def __init__(self, graph: Graph, arrangement: Arrangement | None = None, apart: bool = True) -> None:
        self.graph = graph
        self.arrangement = one_by_one(graph) if arrangement is None else arrangement
        self.apart = apart or graph.output not in graph.new_states
        self._ready: dict[Any, _Ready] = {}
        self._idle: dict[tuple[torch.dtype, int], list[Stepper]] = {}

    def __call__(self, x: Tensor, states: States, tensors: Sequence[Tensor] | None) -> tuple[Tensor, States] | None:
        """x (B, D) and the states (B, H) → y and the new states, a tuple of the same type, or None: call it whole.

        ``tensors`` is None where a weight is no plain tensor, but computed. Not for a compiler's eyes: while
        ``torch.compiler.is_compiling()``, go on without.
        """
        policy = present()
        if policy.seen is not None:
            policy.seen.append(self.explain(x, states, tensors))
        if tensors is None or torch.is_grad_enabled() or CPU not in policy.backends:
            return None
        ready = self._ready.get(getattr(x, "shape", None))
        if ready is None or not ready.fits(x, *states, *tensors) or not is_quiet():
            return self._step_anew(x, states, tensors)
        return ready.step(x, states, tensors)

    def _step_anew(self, x: Tensor, states: States, tensors: Sequence[Tensor]) -> tuple[Tensor, States] | None:
        """The same where tensors are others than before, or do not lie as the code reads them."""
        step = Step(self, x, states, tensors)
        if LIVE.refusal(step) is not None:
            return None
        x, *rest = (tensor.resolve_neg().contiguous() for tensor in step.all)
        states, tensors = tuple.__new__(type(states), rest[: len(states)]), rest[len(states) :]
        ready = self._ready.get(x.shape)
        if ready is None or not ready.fits(x, *states, *tensors):
            ready = LIVE.run(Step(self, x, states, tensors))
            if len(self._ready) >= MOST_READY:
                self._ready.clear()
            self._ready[x.shape] = ready
        return ready.step(x, states, tensors)

    def refusal(self, rows: int) -> str | None:
        """Why no stepper can make steps of ``rows`` rows, or None."""
        return Stepper.refusal(self.graph, self.arrangement, self.apart, rows)

    def stepper(self, like: Tensor, most: int) -> Stepper:
        """A stepper of up to ``most`` rows of the format of ``like``."""
        return Stepper(CPU_ENGINE, self.graph, self.arrangement, self.apart, like, most)

    def idle(self, like: Tensor, most: int) -> list[Stepper]:
        """The steppers of this format and size that nobody uses: a step takes one out, so that threads share none."""
        return self._idle.setdefault((like.dtype, most), [])

    def __deepcopy__(self, memo: dict[int, Any]) -> Steps:
        return self  # it knows no weights

    def __reduce__(self) -> tuple[Any, ...]:
        return Steps, (self.graph, self.arrangement, self.apart)

    def explain(self, x: Tensor, states: States, tensors: Sequence[Tensor] | None) -> Explanation:
        """Whether a step runs on the weights as they are, and why not."""
        return STEP.explain(Step(self, x, states, tensors))


class _Ready:
    """Makes steps of tensors that are as those of ``like``: ``fits`` says whether they are."""

    def __init__(self, like: Step) -> None:
        steps, x = like.steps, like.x
        self.fits = sameness(like.all, rows=1 + len(like.states))
        self._rows = len(x)
        self._apart, shape = steps.apart, (len(x), steps.graph.out_features)
        self._result = steps.graph.new_states.index(steps.graph.output) if not steps.apart else 0
        shapes = [tuple(tensor.shape) for tensor in (x, *like.states)]
        self._output = shapes.index(shape) if shape in shapes else shape
        most = 1 << (len(x) - 1).bit_length()
        self._idle = steps.idle(x, most)
        self._stepper = partial(steps.stepper, x.new_empty(0), most)

    def step(self, x: Tensor, states: States, tensors: Sequence[Tensor]) -> tuple[Tensor, States] | None:
        # Past the constructor of a named tuple, which is slow.
        new: States = tuple.__new__(type(states), map(torch.empty_like, states))
        if self._apart:
            alike = self._output
            y = torch.empty_like((x, *states)[alike]) if type(alike) is int else x.new_empty(alike)
            addresses = [*map(ADDRESS, (x, *states, *new, y, *tensors))]
        else:
            y = new[self._result]
            addresses = [*map(ADDRESS, (x, *states, *new, *tensors))]
        if not all(addresses):
            return None  # a tensor whose memory was given back
        idle = self._idle
        try:
            stepper = idle.pop()
        except IndexError:
            stepper = self._stepper()
        stepper(self._rows, addresses)
        idle.append(stepper)
        return y, new
