"""The one protocol of every sequence layer.

Axes: B batch, T time, D features, H hidden. Batch first; rows are padded on the right; ``lengths`` (B,) or None says
how many steps of each row are real.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.compiler import is_compiling
from torch.library import custom_op

from seqloom.errors import UsageError
from seqloom.kernels.symbolic import Leaf
from seqloom.kernels.transforms import is_batched, is_seen
from seqloom.layers.state import leaves
from seqloom.layers.stream import Stream

__all__ = [
    "CausalLayer",
    "SequenceLayer",
    "check_causal",
    "check_leaf",
    "check_lengths",
    "check_parts",
    "check_sequence",
    "check_state",
    "check_step",
    "mixed",
]

SIGNED = torch.int8, torch.int16, torch.int32, torch.int64
INTEGERS = frozenset((*SIGNED, torch.uint8, torch.uint16, torch.uint32, torch.uint64))


class SequenceLayer(Leaf, ABC):
    """A layer that reads a whole sequence: ``y, state = layer(x, state=None, lengths=None)``, always this pair."""

    in_features: int
    out_features: int
    keeps_time: bool = True
    """Whether y has as many steps as x; a layer for which that is not so also says ``lengths_after``."""
    backward_features: int | None = 0
    """How many of the last features of y come from a reader that begins at the end, and has seen all at step 0.

    None where such features are mixed with others, so that no step has seen all.
    """

    def backward_after(self, below: int | None) -> int | None:
        """``backward_features`` of its outputs when it stands on a layer that has ``below`` of them."""
        return self.backward_features

    @abstractmethod
    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, Any]:
        """x (B, T, D) → y (B, T, H), 0 beyond each row's length, and the state after the last real step."""

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        """How many steps of each row of y are real, where ``lengths`` (B,) of x are; None where all are."""
        return lengths

    @abstractmethod
    def initial_state(self, batch_size: int) -> Any:
        """The state before the first step, for ``batch_size`` rows; batch is axis 0 of every leaf."""

    def __repr__(self) -> str:
        from seqloom.layers.called import in_short

        return in_short(self)


class CausalLayer(SequenceLayer):
    """A layer whose output at t reads only steps up to t, so that it can stream."""

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One step: x_t (B, D) and the state give y_t (B, H) and the next state."""
        check_step(self, x_t, self.in_features)
        run = self if self._forward_pre_hooks else self.forward  # hooks that compute weights: prune, older weight norm
        y, state = run(x_t[:, None], state)
        return y[:, 0], state

    def stream(self, batch_size: int = 1, state: Any = None) -> Stream:
        """Steps from ``state`` (default: the initial one) on, on a copy of the present weights: see ``Stream``."""
        return Stream(self, batch_size, state)


def check_causal(whole: nn.Module, parts: Iterable[nn.Module]) -> None:
    """Raise UsageError where ``whole`` streams, but one of the layers that it is made of does not."""
    for part in parts:
        if isinstance(whole, CausalLayer) and not isinstance(part, CausalLayer):
            raise UsageError(
                f"{type(whole).__name__} goes step by step, but this {type(part).__name__} sees what comes after."
            )


def mixed(below: int | None) -> int | None:
    """``SequenceLayer.backward_after`` of a layer that mixes what stands near each other: one direction stays one."""
    return 0 if below == 0 else None


def check_sequence(layer: nn.Module, x: Tensor, features: int, lengths: Tensor | None, least: int = 0) -> Tensor | None:
    """Raise UsageError unless x is (B, T, ``features``), of floating-point numbers, and give ``check_lengths``."""
    name = type(layer).__name__
    _check_numbers(name, x)
    if x.ndim != 3 or x.shape[-1] != features:
        hint = " Add the batch axis with x[None]." if x.ndim == 2 else ""
        raise UsageError(f"{name} expected x of shape (B, T, {features}); got {tuple(x.shape)}.{hint}")
    return check_lengths(layer, lengths, x.shape[0], x.shape[1], least)


def check_lengths(layer: nn.Module, lengths: Tensor | None, rows: int, time: int, least: int = 0) -> Tensor | None:
    """The lengths as int64, whatever integers they were; raise UsageError unless they fit ``rows`` of ``time`` steps.

    Each row has ``least`` steps or more.

    Lengths that vmap maps over cannot be looked at; beyond ``time`` they count as ``time``, below 0 as 0.

    >>> check_lengths(nn.Identity(), torch.tensor([3, 0], dtype=torch.uint8), rows=2, time=5)
    tensor([3, 0])
    """
    name = type(layer).__name__
    if lengths is None:
        if time < least:
            raise UsageError(f"{name} expected rows of at least {least} step; got none.")
        return None
    if not isinstance(lengths, Tensor):
        raise UsageError(f"{name} expected lengths as a tensor; got {type(lengths).__name__}. Write torch.tensor(…).")
    if lengths.shape != (rows,) or lengths.dtype not in INTEGERS:
        hint = " A mask (B, T) of the real steps gives them by mask.sum(1)." if lengths.dtype == torch.bool else ""
        raise UsageError(
            f"{name} expected lengths of shape ({rows},), integers; got {tuple(lengths.shape)}, {lengths.dtype}.{hint}"
        )
    if is_seen((lengths,)) and (is_compiling() or not is_batched(lengths)):
        checked: Tensor = checked_lengths(lengths, time, name, least)
        return checked
    return _checked_values(lengths, time, name, least)


@custom_op(
    "seqloom::checked_lengths",
    mutates_args=(),
    schema="(Tensor lengths, SymInt time, str name, int least=0) -> Tensor",
)
def checked_lengths(lengths: Tensor, time: int, name: str, least: int = 0) -> Tensor:
    """``check_lengths`` where a tracer sees operations and no numbers: they are checked when the program runs."""
    return _checked_values(lengths, time, name, least).clone()


@checked_lengths.register_fake
def _(lengths: Tensor, time: int, name: str, least: int = 0) -> Tensor:
    return lengths.new_empty(lengths.shape, dtype=torch.int64)


def _checked_values(lengths: Tensor, time: int, name: str, least: int) -> Tensor:
    lengths = lengths.to(torch.int64)
    if not lengths.numel() or is_batched(lengths):
        return lengths
    shortest, longest = (int(length) for length in lengths.aminmax())
    if shortest < 0 or longest > time:
        raise UsageError(f"{name} expected lengths between 0 and T = {time}; got {shortest} to {longest}.")
    if shortest < least:
        short = (lengths < least).nonzero().flatten().tolist()
        listed = ", ".join(map(str, short[:5])) + (", …" if len(short) > 5 else "")
        raise UsageError(
            f"{name} expected at least {least} step in each row; these rows of the batch, counted from 0, have fewer: "
            f"{listed}. Leave them out."
        )
    return lengths


def check_step(layer: nn.Module, x_t: Tensor, features: int) -> None:
    """Raise UsageError unless x_t is (B, ``features``), of floating-point numbers."""
    name = type(layer).__name__
    _check_numbers(name, x_t)
    if x_t.ndim != 2 or x_t.shape[-1] != features:
        raise UsageError(f"{name} expected one step of shape (B, {features}); got {tuple(x_t.shape)}.")


def check_state(layer: nn.Module, state: Any, rows: int, *kinds: type) -> None:
    """Raise UsageError unless ``state`` is of one of ``kinds``, if any, and has as many rows as x in every leaf."""
    if state is None:
        raise UsageError(f"{type(layer).__name__} steps from a state; begin with layer.initial_state({rows}).")
    if kinds and not isinstance(state, kinds):
        raise UsageError(f"{type(layer).__name__} expected a {kinds[0].__name__}; got {type(state).__name__}.")
    for name, leaf in leaves(state):
        if leaf.shape[:1] != (rows,):
            raise UsageError(
                f"{type(layer).__name__} reads {rows} rows, but {name} has the shape {tuple(leaf.shape)}: "
                "axis 0 of a state is the batch."
            )


def check_parts(layer: nn.Module, state: Any, count: int) -> tuple[Any, ...]:
    """The ``count`` parts of ``state``; raise UsageError unless it is a tuple of as many."""
    if isinstance(state, tuple) and len(state) == count:
        return state
    name, got = type(layer).__name__, type(state).__name__
    if state is None:
        raise UsageError(f"{name} steps from a state; begin with layer.initial_state(B), for B rows.")
    if isinstance(state, tuple):
        got = "1 part" if len(state) == 1 else f"{len(state)} parts"
    parts = "1 part" if count == 1 else f"{count} parts"
    raise UsageError(f"{name} expected a state of {parts}, as layer.initial_state(B) gives it; got {got}.")


def check_leaf(layer: nn.Module, leaf: Tensor, *shape: int) -> None:
    """Raise UsageError unless ``leaf``, of a state, is (B, ``*shape``)."""
    if not isinstance(leaf, Tensor):
        raise UsageError(f"{type(layer).__name__} keeps a state of tensors; got a {type(leaf).__name__} in one.")
    if leaf.shape[1:] != shape:
        wanted = ", ".join(map(str, ("B", *shape)))
        raise UsageError(
            f"{type(layer).__name__} keeps a state of shape ({wanted}); "
            f"got {tuple(leaf.shape)}, the state of another layer."
        )


def _check_numbers(name: str, x: Tensor) -> None:
    if not isinstance(x, Tensor):
        raise UsageError(f"{name} expected a tensor; got {type(x).__name__}. Write torch.as_tensor(…).")
    if not x.is_floating_point():
        raise UsageError(f"{name} expected floating-point numbers; got {x.dtype}. Tokens need an embedding first.")
