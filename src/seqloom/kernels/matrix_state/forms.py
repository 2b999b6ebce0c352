"""The forms that a recurrence with a matrix state comes in, and which of them runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from seqloom.kernels.autocast import under_autocast, without_autocast
from seqloom.kernels.backend import FUSED, REFERENCE, Kernel
from seqloom.kernels.custom_operator import custom_operator
from seqloom.kernels.policy import Operation, wish
from seqloom.kernels.transforms import constant, is_seen, left_to_torch

__all__ = ["MATRIX_STATE", "VALUES", "Forms", "Sequences", "fold"]

State = TypeVar("State", bound=Tensor | tuple[Tensor, ...])
"""A matrix, or a named tuple that begins with one."""

VALUES = 2
"""The place of the values (B, T, N, V) among the sequences; outputs have their shape."""

Form = Callable[..., tuple[Tensor, State]]
"""(*sequences, state) → outputs and the state after them."""


def _alone(matrix: Any) -> Any:
    return matrix


@dataclass(frozen=True)
class Forms(Generic[State]):
    """One recurrence in three forms with the same numbers: a single ``step``, ``naive`` for the eye, ``chunked`` fast.

    Called with sequences (B, T, N, …) and a state, as a rule (B, N, K, V), it gives the outputs (B, T, N, V) and the
    state after them: the backend "reference" from the naive form, "fused" from the chunked one. ``gates`` names the
    sequences after queries, keys and values; those that begin with ``log_`` are logarithms.

    >>> from seqloom.kernels.matrix_state import scalar_decay
    >>> queries, keys, values, log_decay = (torch.ones(1, 5, 2, 3), ) * 3 + (torch.zeros(1, 5, 2), )
    >>> y, state = scalar_decay(queries, keys, values, log_decay, state=torch.zeros(1, 2, 3, 3))
    >>> y[0, :, 0, 0], state.shape
    (tensor([ 3.,  6.,  9., 12., 15.]), torch.Size([1, 2, 3, 3]))
    """

    name: str
    step: Form[State]
    naive: Form[State]
    chunked: Form[State]
    gates: tuple[str, ...]
    together: Callable[..., State] = _alone

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

    @property
    def states(self) -> tuple[Tensor, ...]:
        """The tensors of the state."""
        return (self.state,) if isinstance(self.state, Tensor) else tuple(self.state)

    def run(self, form: Form[Any]) -> tuple[Tensor, Any]:
        """``form`` on all that."""
        matrix = self.states[0]
        if not under_autocast(matrix):
            return form(*self.inputs, self.state)
        # A recurrence adds its rounding errors up over time, so it keeps the precision of its state.
        with without_autocast(matrix):
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


@dataclass(frozen=True)
class _MatrixState(Operation[Sequences, tuple[Tensor, Any]]):
    """Torch's operations here and now, or one operator where somebody looks: the number of chunks depends on T."""

    def __call__(self, work: Sequences) -> tuple[Tensor, Any]:
        given = (*work.inputs, *work.states)
        if work.single or not is_seen(given) or left_to_torch(given) or _forms(work.forms.name) is None:
            return super().__call__(work)
        inputs = work.inputs
        if under_autocast(given[-1]):
            inputs = [one.to(work.states[0].dtype) for one in inputs]
        y, *after = _operator(list(inputs), list(work.states), work.forms.name, wish())
        return y, work.forms.together(*after)

    def here(self, work: Sequences) -> tuple[Tensor, Any]:
        """Inside the operator."""
        return super().__call__(work)


MATRIX_STATE = _MatrixState("a matrix state", (_InChunks(), _StepByStep()))


@constant
def _forms(name: str) -> str | None:
    """``name``, if it is one of this package's own, which a saved program finds in any process."""
    return name if isinstance(_find(name), Forms) else None


def _find(name: str) -> Any:
    return getattr(import_module(__package__), name, None)


def _run(inputs: Sequence[Tensor], states: Sequence[Tensor], name: str) -> list[Tensor]:
    forms = _find(name)
    y, after = MATRIX_STATE.here(Sequences(forms, inputs, forms.together(*states)))
    return [y, *([after] if isinstance(after, Tensor) else after)]


def _shapes(inputs: Sequence[Tensor], states: Sequence[Tensor], name: str) -> list[Tensor]:
    return [inputs[VALUES].new_empty(inputs[VALUES].shape), *(state.new_empty(state.shape) for state in states)]


def _flops(inputs: Sequence[Sequence[int]], states: Sequence[Sequence[int]], name: str) -> int:
    """Those of the chunks."""
    first, second = ([torch.empty(tuple(shape), device="meta") for shape in shapes] for shapes in (inputs, states))
    with FlopCounterMode(display=False) as counted:
        _run(first, second, name)
    return int(counted.get_total_flops())


_operator = custom_operator("matrix_state", "Tensor[] inputs, Tensor[] states, str name", _run, _shapes, _flops)


def fold(step: Form[State], sequences: Sequence[Tensor], values: Tensor, state: State) -> tuple[Tensor, State]:
    """``step`` over time: the outputs, of the shape of ``values`` (B, T, N, V), and the last state."""
    outputs = []
    for inputs in zip(*(sequence.unbind(1) for sequence in sequences), strict=True):
        y, state = step(*inputs, state)
        outputs.append(y)
    return torch.stack(outputs, 1) if outputs else torch.zeros_like(values), state
