"""What a block mixes time with, when that is a recurrence and maps around it, written once for sequences and steps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from torch import Tensor

from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, check_parts, check_sequence

__all__ = ["Advance", "Mixer", "Part"]


class Part(Protocol):
    """What has a state in a mixer: a causal layer, or something like one that reads several sequences at once."""

    def initial_state(self, batch_size: int) -> Any:
        """The state before the first step."""

    def __call__(self, x: Any, state: Any, lengths: Tensor | None) -> tuple[Tensor, Any]:
        """A whole sequence, from and to a state."""

    def step(self, x_t: Any, state: Any) -> tuple[Tensor, Any]:
        """A single step, from and to a state."""


class Advance:
    """Runs one causal part after the other, each from its own state, and gathers what the states become."""

    def __init__(self, states: Iterator[Any], run: Callable[[Part, Any, Any], tuple[Tensor, Any]]) -> None:
        self.states, self.run = states, run
        self.after: list[Any] = []

    def __call__(self, part: Part, x: Any) -> Tensor:
        """The outputs of ``part`` for x (…, D): (B, T, D), or (B, D) for a single step."""
        y, state = self.run(part, x, next(self.states))
        self.after.append(state)
        return y


class Mixer(CausalLayer):
    """A causal layer made of causal ``parts`` and of maps that act on each step by itself.

    A subclass names its parts and writes ``mix``, in which it advances each of them once, in that order; whole
    sequences, padding and single steps follow. The state is the tuple of the parts' states.
    """

    @property
    @abstractmethod
    def parts(self) -> tuple[Part, ...]:
        """The layers with a state, in the order in which ``mix`` advances them."""

    @abstractmethod
    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        """x (…, D) → y (…, H), where ``advance(part, v)`` gives the outputs of a part for v."""

    def initial_state(self, batch_size: int) -> tuple[Any, ...]:
        """The tuple of the parts' initial states."""
        return tuple(part.initial_state(batch_size) for part in self.parts)

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, tuple[Any, ...]]:
        """x (B, T, D) → y (B, T, H), 0 beyond each row's length, and the states after the last real step."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        advance = Advance(self._states(state, x.shape[0]), lambda part, v, before: part(v, before, lengths))
        y = self.mix(real_steps_only(x, lengths), advance)
        return real_steps_only(y, lengths), tuple(advance.after)

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, tuple[Any, ...]]:
        """One step: x_t (B, D) and the state give y_t (B, H) and the next state."""
        if self._forward_pre_hooks:
            return super().step(x_t, state)
        advance = Advance(self._states(state, x_t.shape[0]), lambda part, v, before: part.step(v, before))
        return self.mix(x_t, advance), tuple(advance.after)

    def _states(self, state: Any, batch: int) -> Iterator[Any]:
        return iter(self.initial_state(batch) if state is None else check_parts(self, state, len(self.parts)))
