"""Single steps without gradients, for streams: the packed weights of one layer, kept as long as they hold."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqloom.cells.graph import Graph
from seqloom.kernels.backend import CPU, Kernel
from seqloom.kernels.call import States
from seqloom.kernels.cpu import Stepper
from seqloom.kernels.policy import Explanation, Operation, present
from seqloom.kernels.sequence import CPU_ENGINE
from seqloom.kernels.transforms import is_seen, left_to_torch

__all__ = ["STEP", "Step", "Stream"]


class Step(NamedTuple):
    """A step of ``stream``: x (B, D) and the states (B, H)."""

    stream: Stream
    x: Tensor
    states: States


class _Packed(Kernel[Step, Stepper]):
    """Machine code on weights that are packed once; ``run`` gives what makes this step and those after it."""

    backend = CPU
    summary = "machine code on packed weights"

    def refusal(self, step: Step) -> str | None:
        sources = step.stream.sources()
        if torch.is_grad_enabled():
            return "gradients are wanted"
        reason = left_to_torch((step.x, *step.states, *sources))
        if reason is not None:
            return reason
        if step.x.ndim != 2 or not step.x.shape[0]:
            return f"x has the shape {tuple(step.x.shape)}, not that of B > 0 rows of D features"
        if not sources:
            return "there are no weights to pack"
        if any(tensor.is_inference() for tensor in sources):
            return "the weights are inference tensors, whose changes leave no trace"
        return CPU_ENGINE.refusal((step.x, *step.states, *sources))

    def run(self, step: Step) -> Stepper:
        stream = step.stream
        return Stepper(CPU_ENGINE, stream.graph, stream.sources, stream.parameters, step.x.shape[0])


PACKED = _Packed()
STEP = Operation[Step, Stepper](
    "a step without gradients", (PACKED,), in_parts="as a sequence of one step, whose kernel is chosen by itself"
)


class Stream:
    """Steps of one graph, whose parameters are ``parameters()``, a function of the tensors ``sources()``."""

    def __init__(
        self,
        graph: Graph,
        sources: Callable[[], Sequence[Tensor]],
        parameters: Callable[[], Mapping[str, Tensor]],
    ) -> None:
        self.graph = graph
        self.sources = sources
        self.parameters = parameters
        self._idle: list[Stepper] = []

    def step(self, x: Tensor, states: States) -> tuple[Tensor, States] | None:
        """x (B, D) and the states (B, H) → y and the new states, a tuple of the same type, or None: call it whole."""
        if is_seen((x, *states)):
            return None
        policy = present()
        if policy.seen is not None:
            policy.seen.append(self.explain(x, states))
        if torch.is_grad_enabled() or CPU not in policy.backends:
            return None
        idle = self._idle  # a step takes a stepper out, so that no two threads share one
        try:
            stepper: Stepper | None = idle.pop()
        except IndexError:
            stepper = None
        done = None if stepper is None else stepper(x, states)
        if done is None:
            stepper, done = self._step_anew(stepper, x, states)
        if stepper is not None:
            idle.append(stepper)
        return done

    def _step_anew(
        self, stepper: Stepper | None, x: Tensor, states: States
    ) -> tuple[Stepper | None, tuple[Tensor, States] | None]:
        """The same where tensors do not lie as the stepper needs them, or another stepper is needed."""
        x, states = x.contiguous(), tuple.__new__(type(states), (state.contiguous() for state in states))
        done = None if stepper is None else stepper(x, states)
        if done is None:
            anew = Step(self, x, states)
            stepper = PACKED.run(anew) if PACKED.refusal(anew) is None else None
            done = None if stepper is None else stepper(x, states)
        return stepper, done

    def __deepcopy__(self, memo: dict[int, Any]) -> Stream:
        return Stream(self.graph, copy.deepcopy(self.sources, memo), copy.deepcopy(self.parameters, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        return Stream, (self.graph, self.sources, self.parameters)

    def forget(self) -> None:
        """Pack the weights anew at the next step: after writes through ``.data``, which leave no trace."""
        self._idle = []

    def explain(self, x: Tensor, states: States) -> Explanation:
        """Whether a step runs on packed weights, and why not."""
        return STEP.explain(Step(self, x, states))
