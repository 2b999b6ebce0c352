"""State as an explicit value: tuples of tensors whose axis 0 is the batch, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from seqloom.errors import UsageError

__all__ = ["detach", "from_tensors", "leaves", "map_state", "select", "to_tensors", "where", "with_equal_room"]

State = Any
"""A tensor, or a (named) tuple of states."""


def map_state(function: Callable[..., Tensor], state: State, *others: State) -> State:
    """Apply ``function`` to every leaf of ``state`` (and the same leaf of ``others``); the shape of the tuple stays."""
    if isinstance(state, Tensor):
        return function(state, *others)
    if not isinstance(state, tuple):
        raise UsageError(f"A state is a tensor or a tuple of states, not {type(state).__name__}.")
    if any(len(other) != len(state) for other in others):
        raise UsageError("The states belong to different layers: their tuples differ in length.")
    parts = [map_state(function, *children) for children in zip(state, *others, strict=True)]
    return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)


def select(state: State, rows: Tensor) -> State:
    """The rows of a batch, in a new order, with repetitions or left out: ``rows`` (B',) are indices into B."""
    return map_state(lambda leaf: leaf.index_select(0, rows.to(leaf.device)), state)


def detach(state: State) -> State:
    """The same values, with no gradient through them (truncated backpropagation through time)."""
    return map_state(Tensor.detach, state)


def where(rows: Tensor, chosen: State, other: State) -> State:
    """Row by row, ``chosen`` where ``rows`` (B,) is true and ``other`` elsewhere; no gradient crosses over."""

    def choose(a: Tensor, b: Tensor) -> Tensor:
        a, b = with_equal_room(a, b)
        return torch.where(rows.to(a.device).view(-1, *[1] * (a.ndim - 1)), a, b)

    return map_state(choose, chosen, other)


def with_equal_room(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Two caches (B, S, …, K), the shorter one with zeros up to the longer one's S; vectors (B, H) as they are."""
    if a.ndim < 3 or a.shape[1] == b.shape[1]:
        return a, b
    room = max(a.shape[1], b.shape[1])
    first, second = (
        torch.cat([leaf, leaf.new_zeros(leaf.shape[0], room - leaf.shape[1], *leaf.shape[2:])], 1) for leaf in (a, b)
    )
    return first, second


def leaves(state: State, name: str = "state") -> Iterator[tuple[str, Tensor]]:
    """Every tensor of ``state``, with its path as a name."""
    if isinstance(state, Tensor):
        yield name, state
        return
    fields = getattr(state, "_fields", range(len(state)))
    for field, child in zip(fields, state, strict=True):
        yield from leaves(child, f"{name}.{field}")


def to_tensors(state: State) -> dict[str, Tensor]:
    """``state`` as named tensors, ready to be saved."""
    return {name: leaf.detach().clone(memory_format=torch.contiguous_format) for name, leaf in leaves(state)}


def from_tensors(template: State, tensors: Mapping[str, Tensor]) -> State:
    """Read back what ``to_tensors`` wrote, into the shape of ``template`` (for example ``layer.initial_state(1)``)."""
    wanted = [name for name, _ in leaves(template)]
    if set(wanted) != set(tensors):
        raise UsageError(f"This state has the parts {sorted(tensors)}; the layer's has {sorted(wanted)}.")
    remaining = iter(wanted)
    return map_state(lambda leaf: tensors[next(remaining)].to(leaf.device), template)
