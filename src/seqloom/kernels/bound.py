"""Steps bound to tensors that are nobody else's: where they lie is known once and for all, and only x is new."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from seqloom.kernels.call import States
from seqloom.kernels.steps import STEP, Step
from seqloom.kernels.transforms import is_seen, left_to_torch, sameness

__all__ = ["BoundSteps", "bound_steps"]


class BoundSteps:
    """``y = steps(x)``, x (B, D) → y (B, H), from the states of ``first`` on; those and its weights are to be its own.

    Steps take turns in which of two memories of the states they read.
    """

    def __init__(self, first: Step) -> None:
        steps, x, states, weights = first.steps, first.x, first.states, first.tensors or ()
        self.x, self._y = x, x.new_empty(len(x), steps.graph.out_features)
        self._alike: Callable[..., bool] = sameness((x,), rows=1)
        self._halves = states, tuple(map(torch.empty_like, states))
        self._weights, self._rows = weights, len(x)
        self._stepper = steps.stepper(x, len(x))
        before, after, at = ([tensor.data_ptr() for tensor in some] for some in (*self._halves, weights))
        self._next, self._then = [0, *before, *after, 0, *at], [0, *after, *before, 0, *at]
        self._place_of_y = 1 + 2 * len(states)

    @property
    def states(self) -> States:
        """The states after the last step, in the memory that the next one reads."""
        return self._halves[0]

    def take(self, states: States) -> None:
        """Go on from other states."""
        for own, given in zip(self.states, states, strict=True):
            own.copy_(given)

    def __call__(self, x: Tensor) -> Tensor | None:
        """The next step; None where x has another shape or format, or torch is not to be passed by."""
        if not self._alike(x):
            if not self._takes(x):
                return None
            x = x.detach().resolve_neg().contiguous()
        y, addresses = torch.empty_like(self._y), self._next
        addresses[0], addresses[self._place_of_y] = x.data_ptr(), y.data_ptr()
        self._stepper(self._rows, addresses)
        self._next, self._then = self._then, addresses
        self._halves = self._halves[1], self._halves[0]
        return y

    def _takes(self, x: Tensor) -> bool:
        """Whether x is of the right shape and format; others like it are then known at once."""
        like = self.x
        if is_seen((x,)) or left_to_torch((x,)) is not None:
            return False
        if (x.shape, x.dtype, x.device, x.layout) != (like.shape, like.dtype, like.device, like.layout):
            return False
        if x.is_contiguous() and not x.is_neg():
            self._alike = sameness((x,), rows=1)
        return True


def bound_steps(first: Step) -> BoundSteps | None:
    """Bound steps that begin like ``first``; None where the kernel wished for makes none."""
    with torch.no_grad():
        return None if STEP.choose(first) is None else BoundSteps(first)
