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
from seqloom.kernels.policy import CPU_ENGINE, wish

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
        self._stepper: Stepper | None = None

    def step(self, x: Tensor, states: States) -> tuple[Tensor, States] | None:
        """x (B, D) and the states (B, H) → y and the new states; None where an ordinary call has to do it."""
        if torch.is_grad_enabled() or wish() not in ("auto", "cpu"):
            return None
        if maybe_current_level() is not None or forward_ad._current_level >= 0:
            return None
        stepper = self._stepper
        if stepper is None or not stepper.fits(x, states):
            x, states = x.contiguous(), tuple(state.contiguous() for state in states)
            if stepper is None or not stepper.fits(x, states):
                stepper = self._stepper = self._make(x, states)
        return None if stepper is None else stepper(x, states)

    def __deepcopy__(self, memo: dict[int, Any]) -> Stream:
        return Stream(self.graph, copy.deepcopy(self.sources, memo), copy.deepcopy(self.parameters, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        return Stream, (self.graph, self.sources, self.parameters)

    def forget(self) -> None:
        """Pack the weights anew at the next step: after writes through ``.data``, which leave no trace."""
        self._stepper = None

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
        stepper = Stepper(CPU_ENGINE, self.graph, self.sources, self.parameters, x.shape[0])
        return stepper if stepper.fits(x, states) else None
