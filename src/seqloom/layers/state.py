"""State as an explicit value: tuples of tensors whose axis 0 is the batch, and what can be done with them.

A part of a state that grows, such as the keys and values of the past, may have more room in one state than in another.
Its kind says so by a property ``room`` and a method ``with_room(room)``; nothing else changes its shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from seqloom.errors import UsageError

__all__ = [
    "detach",
    "from_tensors",
    "grows",
    "join",
    "leaves",
    "lengthened",
    "map_state",
    "rebuilt",
    "select",
    "to_tensors",
    "where",
    "with_equal_room",
]

State = Any
"""A tensor, or a (named) tuple of states."""


def map_state(function: Callable[..., Tensor], state: State, *others: State) -> State:
    """Apply ``function`` to every leaf of ``state`` (and the same leaf of ``others``); the shape of the tuple stays."""
    _check_alike(state, others)
    if isinstance(state, Tensor):
        return function(state, *others)
    return rebuilt(state, [map_state(function, *parts) for parts in zip(state, *others, strict=True)])


def select(state: State, rows: Tensor) -> State:
    """The rows of a batch, in a new order, with repetitions or left out: ``rows`` (B',) are indices into B."""
    return map_state(lambda leaf: leaf.index_select(0, rows.to(leaf.device)), state)


def detach(state: State) -> State:
    """The same values, with no gradient through them (truncated backpropagation through time)."""
    return map_state(Tensor.detach, state)


def where(rows: Tensor, chosen: State, other: State) -> State:
    """Row by row, ``chosen`` where ``rows`` (B,) is true and ``other`` elsewhere; no gradient crosses over.

    Raises UsageError for states of different layers.
    """

    def choose(a: Tensor, b: Tensor) -> Tensor:
        _check_shapes(a, b)
        return torch.where(rows.to(a.device).view(-1, *[1] * (a.ndim - 1)), a, b)

    return map_state(choose, *with_equal_room([chosen, other]))


def join(states: Sequence[State]) -> State:
    """The rows of all ``states``, one below the other; raises UsageError for states of different layers.

    >>> join([(torch.zeros(2, 3),), (torch.ones(1, 3),)])[0].shape
    torch.Size([3, 3])
    """

    def below(*parts: Tensor) -> Tensor:
        _check_shapes(*parts)
        return torch.cat(parts)

    return map_state(below, *with_equal_room(states))


def with_equal_room(states: Sequence[State]) -> list[State]:
    """``states`` with as much room in every part that grows as the roomiest of them has there."""
    first, *others = states
    _check_alike(first, others)
    if isinstance(first, Tensor):
        return list(states)
    if any(hasattr(state, "with_room") for state in states):
        if not all(hasattr(state, "with_room") for state in states):
            kinds = " and ".join(sorted({type(state).__name__ for state in states}))
            raise UsageError(f"The states belong to different layers: a part of them is a {kinds}.")
        room = max(state.room for state in states)
        return [state.with_room(room) for state in states]
    columns = [with_equal_room(parts) for parts in zip(*states, strict=True)]
    return [rebuilt(state, [column[k] for column in columns]) for k, state in enumerate(states)]


def grows(state: State) -> bool:
    """Whether a part of ``state`` gets larger with every step."""
    return not isinstance(state, Tensor) and (hasattr(state, "with_room") or any(grows(part) for part in state))


def lengthened(leaf: Tensor, room: int) -> Tensor:
    """leaf (B, S, …) with zeros after it up to ``room``: (B, room, …)."""
    if leaf.shape[1] == room:
        return leaf
    return torch.cat([leaf, leaf.new_zeros(leaf.shape[0], room - leaf.shape[1], *leaf.shape[2:])], 1)


def leaves(state: State, name: str = "state") -> Iterator[tuple[str, Tensor]]:
    """Every tensor of ``state``, with its path as a name."""
    _check_alike(state, ())
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


def rebuilt(state: State, parts: Sequence[State]) -> State:
    """A tuple like ``state``, named or not, of other parts."""
    return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)


def _check_alike(state: State, others: Sequence[State]) -> None:
    """Raise UsageError unless all are tensors, or all are tuples of one length."""
    for one in (state, *others):
        if not isinstance(one, Tensor | tuple):
            raise UsageError(f"A state is a tensor or a tuple of states, not {type(one).__name__}.")
    counts = {None if isinstance(one, Tensor) else len(one) for one in (state, *others)}
    if len(counts) > 1:
        raise UsageError("The states belong to different layers: their tuples differ in length.")


def _check_shapes(*parts: Tensor) -> None:
    shapes = {tuple(part.shape[1:]) for part in parts}
    if len(shapes) > 1:
        listed = " and ".join(f"({', '.join(['B', *map(str, shape)])})" for shape in sorted(shapes))
        raise UsageError(f"The states belong to different layers: a part of them has the shapes {listed}.")
