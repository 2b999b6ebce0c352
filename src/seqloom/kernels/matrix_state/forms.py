"""The forms that a recurrence with a matrix state comes in, and which of them runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from seqloom.kernels.backend import FUSED, REFERENCE, Kernel
from seqloom.kernels.policy import Operation

__all__ = ["MATRIX_STATE", "Forms", "fold"]

State = TypeVar("State", bound=Tensor | tuple[Tensor, ...])
"""A matrix, or a named tuple that begins with one."""

Form = Callable[..., tuple[Tensor, State]]
"""(*sequences, state) → outputs and the state after them."""


@dataclass(frozen=True)
class Forms(Generic[State]):
    """One recurrence in three forms with the same numbers: a single ``step``, ``naive`` for the eye, ``chunked`` fast.

    Called with sequences (B, T, N, …) and a state, as a rule (B, N, K, V), it gives the outputs (B, T, N, V) and the
    state after them: the backend "reference" from the naive form, "fused" from the chunked one.

    >>> from seqloom.kernels.matrix_state import scalar_decay
    >>> queries, keys, values, log_decay = (torch.ones(1, 5, 2, 3), ) * 3 + (torch.zeros(1, 5, 2), )
    >>> y, state = scalar_decay(queries, keys, values, log_decay, state=torch.zeros(1, 2, 3, 3))
    >>> y[0, :, 0, 0], state.shape
    (tensor([ 3.,  6.,  9., 12., 15.]), torch.Size([1, 2, 3, 3]))
    """

    step: Form[State]
    naive: Form[State]
    chunked: Form[State]

    def __call__(self, *sequences: Tensor, state: State) -> tuple[Tensor, State]:
        done: tuple[Tensor, State] = MATRIX_STATE(Sequences(self, sequences, state))
        return done

    def one_step(self, *inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """The same for a single step: inputs (B, N, …) → y (B, N, V) and the next state."""
        done: tuple[Tensor, State] = MATRIX_STATE(Sequences(self, inputs, state, single=True))
        return done


class Sequences(NamedTuple):
    """What a recurrence is run on: inputs (B, T, N, …) or, where ``single``, (B, N, …), and the state before them."""

    forms: Forms[Any]
    inputs: Sequence[Tensor]
    state: Any
    single: bool = False

    def run(self, form: Form[Any]) -> tuple[Tensor, Any]:
        """``form`` on all that."""
        matrix = self.state if isinstance(self.state, Tensor) else self.state[0]
        device = matrix.device.type
        if not torch.is_autocast_enabled(device):
            return form(*self.inputs, self.state)
        # A recurrence adds its rounding errors up over time, so it keeps the precision of its state.
        with torch.autocast(device, enabled=False):
            return form(*(one.to(matrix.dtype) for one in self.inputs), self.state)


class _InChunks(Kernel[Sequences, tuple[Tensor, Any]]):
    backend = FUSED
    summary = "matrix products over chunks of steps"

    def deference(self, work: Sequences) -> str | None:
        return "a single step is the equation itself" if work.single else None

    def run(self, work: Sequences) -> tuple[Tensor, Any]:
        if not work.single:
            return work.run(work.forms.chunked)
        y, state = work._replace(inputs=[one[:, None] for one in work.inputs]).run(work.forms.chunked)
        return y[:, 0], state


class _StepByStep(Kernel[Sequences, tuple[Tensor, Any]]):
    backend = REFERENCE
    summary = "the equation, one step after the other"

    def run(self, work: Sequences) -> tuple[Tensor, Any]:
        return work.run(work.forms.step if work.single else work.forms.naive)


MATRIX_STATE = Operation[Sequences, tuple[Tensor, Any]]("a matrix state", (_InChunks(), _StepByStep()))


def fold(step: Form[State], sequences: Sequence[Tensor], values: Tensor, state: State) -> tuple[Tensor, State]:
    """``step`` over time: the outputs, of the shape of ``values`` (B, T, N, V), and the last state."""
    outputs = []
    for inputs in zip(*(sequence.unbind(1) for sequence in sequences), strict=True):
        y, state = step(*inputs, state)
        outputs.append(y)
    return torch.stack(outputs, 1) if outputs else torch.zeros_like(values), state
