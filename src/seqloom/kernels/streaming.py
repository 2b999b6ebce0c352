"""Single steps without gradients, for streams: the packed weights of one layer, kept as long as they hold."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._C._functorch import maybe_current_level
from torch.autograd import forward_ad

from seqloom.cells.graph import Graph
from seqloom.kernels.call import States
from seqloom.kernels.cpu import Stepper
from seqloom.kernels.policy import wish
from seqloom.kernels.sequence import CPU_ENGINE

__all__ = ["Stream"]


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
        if torch.is_grad_enabled() or wish() not in ("auto", "cpu"):
            return None
        if maybe_current_level() is not None or forward_ad._current_level >= 0:
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
            stepper = self._make(x, states)
            done = None if stepper is None else stepper(x, states)
        return stepper, done

    def __deepcopy__(self, memo: dict[int, Any]) -> Stream:
        return Stream(self.graph, copy.deepcopy(self.sources, memo), copy.deepcopy(self.parameters, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        return Stream, (self.graph, self.sources, self.parameters)

    def forget(self) -> None:
        """Pack the weights anew at the next step: after writes through ``.data``, which leave no trace."""
        self._idle = []

    def _make(self, x: Tensor, states: States) -> Stepper | None:
        sources = self.sources()
        if (
            not sources
            or any(tensor.is_inference() for tensor in sources)
            or not CPU_ENGINE.runs((x, *states, *sources))
        ):
            return None
        if x.ndim != 2 or not x.shape[0]:
            return None
        return Stepper(CPU_ENGINE, self.graph, self.sources, self.parameters, x.shape[0])
