"""The forms that a recurrence with a matrix state comes in, and which of them runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor

from seqloom.kernels.policy import wish

__all__ = ["Forms", "fold"]

State = TypeVar("State", bound=Tensor | tuple[Tensor, ...])
"""A matrix, or a named tuple that begins with one."""

Form = Callable[..., tuple[Tensor, State]]
"""(*sequences, state) → outputs and the state after them."""


@dataclass(frozen=True)
class Forms(Generic[State]):
    """One recurrence in three forms with the same numbers: a single ``step``, ``naive`` for the eye, ``chunked`` fast.

    Called with sequences (B, T, N, …) and a state, as a rule (B, N, K, V), it gives the outputs (B, T, N, V) and the
    state after them, from the naive form under ``kernels.use("reference")`` and from the chunked one otherwise.

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
        return _run(self.naive if wish() == "reference" else self.chunked, sequences, state)

    def one_step(self, *inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """The same for a single step: inputs (B, N, …) → y (B, N, V) and the next state."""
        return _run(self.step, inputs, state)


def _run(form: Form[State], inputs: Sequence[Tensor], state: State) -> tuple[Tensor, State]:
    matrix = state if isinstance(state, Tensor) else state[0]
    device = matrix.device.type
    if not torch.is_autocast_enabled(device):
        return form(*inputs, state)
    # A recurrence adds its rounding errors up over time, so it keeps the precision of its state.
    with torch.autocast(device, enabled=False):
        return form(*(one.to(matrix.dtype) for one in inputs), state)


def fold(step: Form[State], sequences: Sequence[Tensor], values: Tensor, state: State) -> tuple[Tensor, State]:
    """``step`` over time: the outputs, of the shape of ``values`` (B, T, N, V), and the last state."""
    outputs = []
    for inputs in zip(*(sequence.unbind(1) for sequence in sequences), strict=True):
        y, state = step(*inputs, state)
        outputs.append(y)
    return torch.stack(outputs, 1) if outputs else torch.zeros_like(values), state
