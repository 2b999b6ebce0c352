"""Keys and values of the past: the state of causal attention, as a value that grows, or one written in place.

Axes: B batch, S room, T new steps, N key heads, K head size. Row b holds ``steps[b]`` steps, from the left, and zeros
after them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.kernels.transforms import is_seen, known_to_torch
from seqloom.layers.attention.places import steps_after
from seqloom.layers.padding import real_steps_only
from seqloom.layers.state import lengthened, rebuilt

__all__ = ["KeyValueCache", "ReservedCache", "reserve"]


@known_to_torch
class KeyValueCache(NamedTuple):
    """Keys and values (B, S, N, K) of ``steps`` (B,) past steps; more steps make a new, longer one."""

    keys: Tensor
    values: Tensor
    steps: Tensor

    @property
    def room(self) -> int:
        """S."""
        return self.keys.shape[1]

    def with_room(self, room: int) -> KeyValueCache:
        """The same, with zeros after it up to ``room`` steps."""
        return KeyValueCache(lengthened(self.keys, room), lengthened(self.values, room), self.steps)

    def append(self, keys: Tensor, values: Tensor, lengths: Tensor | None) -> KeyValueCache:
        """The cache after T more steps, keys and values (B, T, N, K), of which ``lengths`` (B,) are real."""
        keys, values = keys.to(self.keys.dtype), values.to(self.values.dtype)  # under autocast they are narrower
        steps = steps_after(self.steps, keys, lengths)
        filled = self.keys.shape[1]
        if lengths is None and filled == 0:
            # They are parts of a wider projection, which a kept state should not hold on to.
            parts = (keys, values) if keys.requires_grad else (keys.clone(), values.clone())
            return KeyValueCache(*parts, steps)
        traced = is_seen((keys, self.steps))  # then shapes follow from shapes alone
        if not traced and lengths is None and min(self.steps.tolist(), default=0) == filled:
            return KeyValueCache(torch.cat([self.keys, keys], 1), torch.cat([self.values, values], 1), steps)
        size = filled + keys.shape[1] if traced else max(steps.tolist(), default=0)
        places = self.steps[:, None] + torch.arange(keys.shape[1], device=steps.device)
        index = places[..., None, None].expand_as(keys)

        def written(old: Tensor, new: Tensor) -> Tensor:
            room = torch.cat([old, torch.zeros_like(new)], 1)
            return room.scatter(1, index, real_steps_only(new, lengths))[:, :size]

        return KeyValueCache(written(self.keys, keys), written(self.values, values), steps)

    def filled(self) -> tuple[Tensor, Tensor]:
        """Keys and values up to the end of the longest row."""
        return self.keys, self.values


@known_to_torch
class ReservedCache(NamedTuple):
    """The same with room for S steps, written in place: a state that was stepped from is spent, and cannot be forked.

    For streams without gradients. ``reserve`` makes one.
    """

    keys: Tensor
    values: Tensor
    steps: Tensor

    @property
    def room(self) -> int:
        """S."""
        return self.keys.shape[1]

    def with_room(self, room: int) -> ReservedCache:
        """The same, with zeros after it up to ``room`` steps."""
        return ReservedCache(lengthened(self.keys, room), lengthened(self.values, room), self.steps)

    def append(self, keys: Tensor, values: Tensor, lengths: Tensor | None) -> ReservedCache:
        """The same memory, with T more steps (B, T, N, K) written, of which ``lengths`` (B,) are real.

        Raises UsageError where the room is too small, or where a gradient is asked for.
        """
        keys, values = keys.to(self.keys.dtype), values.to(self.values.dtype)
        steps = steps_after(self.steps, keys, lengths)
        if is_seen((keys, self.keys)):
            return self._appended(keys, values, lengths, steps)
        wanted = max(steps.tolist(), default=0)
        if wanted > self.keys.shape[1]:
            raise UsageError(
                f"A cache with room for {self.keys.shape[1]} steps is asked to hold {wanted}. "
                "Reserve more, or keep the growing cache."
            )
        if torch.is_grad_enabled() and (keys.requires_grad or values.requires_grad):
            raise UsageError("A reserved cache carries no gradient. Step within torch.no_grad().")
        real = torch.arange(keys.shape[1], device=keys.device) < (steps - self.steps)[:, None]
        rows, times = real.nonzero(as_tuple=True)
        places = self.steps[rows] + times
        self.keys[rows, places], self.values[rows, places] = keys[rows, times], values[rows, times]
        return ReservedCache(self.keys, self.values, steps)

    def _appended(self, keys: Tensor, values: Tensor, lengths: Tensor | None, steps: Tensor) -> ReservedCache:
        """The same in new memory, for a tracer, who sees no numbers; a program raises RuntimeError beyond the room."""
        if lengths is not None:
            raise UsageError(
                "A reserved cache is written where its rows end, which a tracer cannot see. Give it no lengths, or "
                "keep the growing cache."
            )
        places = self.steps[:, None] + torch.arange(keys.shape[1], device=steps.device)
        index = places[..., None, None].expand_as(keys)
        return ReservedCache(self.keys.scatter(1, index, keys), self.values.scatter(1, index, values), steps)

    def filled(self) -> tuple[Tensor, Tensor]:
        """Keys and values up to the end of the longest row; for a tracer, all the room."""
        size = self.room if is_seen((self.keys,)) else max(self.steps.tolist(), default=0)
        return self.keys[:, :size], self.values[:, :size]


def reserve(state: Any, capacity: int) -> Any:
    """``state`` with every growing cache in it copied into room for ``capacity`` steps, to be written in place.

    A cheaper stream, for whoever keeps one state and needs no gradient: the state given to ``step`` is spent, so do
    not fork, repeat or rewind it. Raises UsageError for a capacity below what the state holds.

    >>> from seqloom.layers.attention import CausalSelfAttention
    >>> layer = CausalSelfAttention(8, heads=2)
    >>> reserve(layer.initial_state(1), 100).keys.shape
    torch.Size([1, 100, 2, 4])
    """
    if isinstance(state, Tensor):
        return state
    if not isinstance(state, KeyValueCache):
        return rebuilt(state, [reserve(part, capacity) for part in state])
    if state.room > capacity:
        raise UsageError(f"The state holds {state.room} steps, more than the capacity of {capacity}.")

    def roomy(old: Tensor) -> Tensor:
        new = old.new_zeros(old.shape[0], capacity, *old.shape[2:])
        new[:, : state.room] = old.detach()
        return new

    return ReservedCache(roomy(state.keys), roomy(state.values), state.steps)
