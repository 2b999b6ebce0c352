"""Single steps without gradients, on weights where they lie at each step.

Nothing of the weights is kept from one step to the next, neither their numbers nor their addresses, so a step cannot be
of old weights, however they were written. What is kept knows shapes and formats alone: the compiled code, its
memory, and a check that tensors are such as the code reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        return step.steps.ready(step)


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
        if policy.observer is None:
            return self._step(x, states, tensors)
        done = self._step(x, states, tensors)
        if done is not None:
            policy.observer.stepped(self.graph, x, states, self.arrangement.parameters(self.graph, tensors), done)
        return done

    def _step(self, x: Tensor, states: States, tensors: Sequence[Tensor]) -> tuple[Tensor, States] | None:
        ready = self._ready.get(getattr(x, "shape", None))
        if ready is None:
            return self._step_anew(x, states, tensors)
        done = _step(ready, x, states, tensors)
        if done is None and all(isinstance(tensor, Tensor) for tensor in (x, *states)):
            done = _step(ready, *_one_by_one(x, states), tensors)
        return self._step_anew(x, states, tensors) if done is None else done

    def _step_anew(self, x: Tensor, states: States, tensors: Sequence[Tensor]) -> tuple[Tensor, States] | None:
        """The same where tensors are others than before, or do not lie as the code reads them."""
        step = Step(self, x, states, tensors)
        if LIVE.refusal(step) is not None:
            return None
        x, states = _one_by_one(x.resolve_neg(), _each(Tensor.resolve_neg, states))
        tensors = [tensor.resolve_neg().contiguous() for tensor in tensors]
        ready = LIVE.run(Step(self, x, states, tensors))
        if len({x, *states}) == 1 + len(states):  # else the beginning of a sequence, which does not come again
            self._keep(x.shape, ready)
        return _step(ready, x, states, tensors)

    def _keep(self, shape: torch.Size, ready: _Ready) -> None:
        if len(self._ready) >= MOST_READY:
            self._ready.clear()
        self._ready[shape] = ready

    def ready(self, like: Step) -> _Ready:
        """What steps of such tensors need."""
        x, graph = like.x, self.graph
        most = 1 << (len(x) - 1).bit_length()
        idle = self._idle.setdefault((x.dtype, most), [])
        result = None if self.apart else graph.new_states.index(graph.output)
        y = x.new_empty(len(x), graph.out_features)
        make = partial(self.stepper, x.new_empty(0), most)
        return _Ready(sameness(like.all, rows=1 + len(like.states)), len(x), result, y, idle, make)

    def refusal(self, rows: int) -> str | None:
        """Why no stepper can make steps of ``rows`` rows, or None."""
        return Stepper.refusal(self.graph, self.arrangement, self.apart, rows)

    def stepper(self, like: Tensor, most: int) -> Stepper:
        """A stepper of up to ``most`` rows of the format of ``like``."""
        return Stepper(CPU_ENGINE, self.graph, self.arrangement, self.apart, like, most)

    def __deepcopy__(self, memo: dict[int, Any]) -> Steps:
        return self  # it knows no weights

    def __reduce__(self) -> tuple[Any, ...]:
        return Steps, (self.graph, self.arrangement, self.apart)

    def explain(self, x: Tensor, states: States, tensors: Sequence[Tensor] | None) -> Explanation:
        """Whether a step runs on the weights as they are, and why not."""
        return STEP.explain(Step(self, x, states, tensors))


def _each(function: Callable[[Tensor], Tensor], states: States) -> States:
    """``function`` of each state, in a tuple of the same type."""
    return tuple.__new__(type(states), map(function, states))


def _one_by_one(x: Tensor, states: States) -> tuple[Tensor, States]:
    """x and the states with their numbers one after the other."""
    return x.contiguous(), _each(Tensor.contiguous, states)


class _Ready(NamedTuple):
    """``alike(x, *states, *tensors)`` says whether tensors are such as these steps are for.

    y is the new state number ``result``, or if that is None, as the tensor ``y``. Of the steppers, a step takes an
    ``idle`` one out, so that threads share none.
    """

    alike: Callable[..., bool]
    rows: int
    result: int | None
    y: Tensor
    idle: list[Stepper]
    make: Callable[[], Stepper]


def _step(ready: _Ready, x: Tensor, states: States, tensors: Sequence[Tensor]) -> tuple[Tensor, States] | None:
    """A step in compiled code; None where tensors are others."""
    alike, rows, result, y, idle, make = ready  # every name that is looked up and every call counts here
    if not alike(x, *states, *tensors) or not is_quiet():
        return None
    new: States = tuple.__new__(type(states), map(torch.empty_like, states))
    if result is None:
        y = torch.empty_like(y)
        addresses = [*map(ADDRESS, (x, *states, *new, y, *tensors))]
    else:
        y = new[result]
        addresses = [*map(ADDRESS, (x, *states, *new, *tensors))]
    if not all(addresses):
        return None  # a tensor whose memory was given back
    try:
        stepper = idle.pop()
    except IndexError:
        stepper = make()
    stepper(rows, addresses)
    idle.append(stepper)
    return y, new
