"""Recurrent decoders that look back at an encoder's memory at every step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.compiler import is_compiling

from seqloom.errors import UsageError
from seqloom.kernels.transforms import known_to_torch, scan
from seqloom.layers.attention.scores import Memory, MemoryAttention, Score
from seqloom.layers.decoders.bridge import Bridge, Summary, state_vectors
from seqloom.layers.decoders.decoder import Decoder
from seqloom.layers.decoders.loop import body_loop
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, check_sequence, check_state, check_step
from seqloom.layers.state import grows, leaves, map_state, where

__all__ = ["AttentionDecoder", "AttentionDecoderState", "Moment"]


@known_to_torch
class AttentionDecoderState(NamedTuple):
    """What changes from step to step (``recurrence``), and what is looked at (``memory``)."""

    recurrence: Any
    memory: Memory


Read = Callable[[Any, Tensor, Any], tuple[Tensor, Any]]
"""``y_t, state = read(x_t, found, state)``: one step of a body that is given what was found beside its input."""


class Moment(NamedTuple):
    """One step: its output (B, …), the query (B, H) that was asked, and what the next step starts from."""

    output: Tensor
    query: Tensor
    recurrence: Any


Wanted = Callable[[Moment], Tensor]
"""A part of a step that is kept, (B, …)."""


class AttentionDecoder(Decoder):
    """A causal layer whose every step reads a memory: x (B, T, D) → y (B, T, out_features).

    ``initial_state(batch_size, memory=…, memory_lengths=…)`` takes an encoder's outputs (B, S, M), projects them once
    and begins the recurrence from their ``summary`` (``Bridge``). They are leaves of the state, so whoever decodes
    needs ``step`` and ``select`` alone. Without a memory the context is 0. ``alignments`` shows where it looked.
    """

    def __init__(
        self, in_features: int, out_features: int, body: CausalLayer, score: Score, summary: Summary = Summary.ENDS
    ) -> None:
        super().__init__()
        if in_features < 1:
            raise UsageError(
                f"{type(self).__name__} feeds its body the input and {body.in_features - in_features} features more, "
                f"so the body must read more than that; it reads {body.in_features}."
            )
        self.in_features, self.out_features, self.memory_features = in_features, out_features, score.memory_features
        self.body = body
        self.attention = MemoryAttention(score)
        self.summary = Summary(summary)
        vectors = state_vectors(body.initial_state(1))
        self.bridge = Bridge(score.memory_features, body, self.summary) if vectors else None

    @abstractmethod
    def _begin(self, state: Any, batch_size: int) -> Any:
        """The body's first state as the recurrence's."""

    @abstractmethod
    def _advance(self, x_t: Any, recurrence: Any, memory: Memory, read: Read) -> Moment:
        """One step from x_t, which ``read`` knows, as the body's."""

    def _read(self, x_t: Tensor, found: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The body's step from x_t (B, D) and what was found (B, …)."""
        return self.body.step(torch.cat([x_t, found], -1), state)

    def _written(self, outputs: Tensor, x: Tensor) -> Tensor:
        """What the steps give: outputs (B, …, ·) and inputs x (B, …, D) → (B, …, out_features)."""
        return outputs

    def initial_state(
        self, batch_size: int, *, memory: Tensor | None = None, memory_lengths: Tensor | None = None
    ) -> AttentionDecoderState:
        """The state before the first step, for ``memory`` (B, S, M) with ``memory_lengths`` (B,) real steps."""
        if memory is None:
            memory = next(self.parameters()).new_zeros(batch_size, 0, self.attention.score.memory_features)
        if memory.shape[0] != batch_size:
            raise UsageError(f"{batch_size} rows need a memory of as many rows; got {memory.shape[0]}.")
        remembered = self.attention.remember(memory, memory_lengths)
        state = self.body.initial_state(batch_size)
        if self.bridge is not None:
            state = self.bridge(state, memory, memory_lengths)
        return AttentionDecoderState(self._begin(state, batch_size), remembered)

    def forward(
        self, x: Tensor, state: Any = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, AttentionDecoderState]:
        """x (B, T, D) → y (B, T, out_features), and the state after each row's last real step."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        if not x.shape[1]:
            state = self._checked(x, state)
            return x.new_zeros(x.shape[0], 0, self.out_features), state
        x = real_steps_only(x, lengths)
        outputs, state = self._run(x, self._checked(x, state), lengths, _output)
        return real_steps_only(self._written(outputs, x), lengths), state

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, AttentionDecoderState]:
        """One step: x_t (B, D) and the state give y_t (B, out_features) and the next state."""
        check_step(self, x_t, self.in_features)
        check_state(self, state, x_t.shape[0], AttentionDecoderState)
        moment = self._advance(x_t, state.recurrence, state.memory, self._read)
        return self._written(moment.output, x_t), AttentionDecoderState(moment.recurrence, state.memory)

    def alignments(self, x: Tensor, state: Any, lengths: Tensor | None = None) -> Tensor:
        """The weights (B, T, S) with which each step of x read each step of the memory in ``state``."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        state = self._checked(x, state)
        if not x.shape[1]:
            return x.new_zeros(x.shape[0], 0, state.memory.room)
        queries, _ = self._run(real_steps_only(x, lengths), state, lengths, _query)
        return real_steps_only(self.attention.weights(queries, state.memory), lengths)

    def _checked(self, x: Tensor, state: Any) -> AttentionDecoderState:
        """The state to begin with, for as many rows as x has."""
        given: AttentionDecoderState = self.initial_state(x.shape[0]) if state is None else state
        check_state(self, given, x.shape[0], AttentionDecoderState)
        return given

    def _run(
        self, x: Tensor, state: AttentionDecoderState, lengths: Tensor | None, wanted: Wanted
    ) -> tuple[Tensor, AttentionDecoderState]:
        """What is ``wanted`` of every step (B, T, …), and the state after each row's last real step.

        x (B, T, D) is 0 beyond each row's length, and T is not 0.
        """
        recurrence, memory = state
        if is_compiling() and x.shape[1] > 1 and not grows(recurrence):
            recurrence, found = self._scan(x, recurrence, memory, lengths, wanted)
        else:
            recurrence, found = self._loop(x, recurrence, memory, lengths, wanted)
        return found, AttentionDecoderState(recurrence, memory)

    def _loop(
        self, x: Tensor, recurrence: Any, memory: Memory, lengths: Tensor | None, wanted: Wanted
    ) -> tuple[Any, Tensor]:
        """Step after step."""
        loop = body_loop(self.body, x, self.in_features)
        steps, read = (x.unbind(1), self._read) if loop is None else (loop.begin(x), loop.step)
        found, states, before = list[Tensor](), [recurrence], recurrence
        for t, x_t in enumerate(steps):
            moment = self._advance(x_t, before, memory, read)
            after = moment.recurrence
            before = after if lengths is None or not grows(after) else where(lengths > t, after, before)
            found.append(wanted(moment))
            states.append(after)
        if lengths is not None and not grows(before):
            before = map_state(lambda *leaves: _at_end(leaves, lengths), *states)
        return before, torch.stack(found, 1)

    def _scan(
        self, x: Tensor, recurrence: Any, memory: Memory, lengths: Tensor | None, wanted: Wanted
    ) -> tuple[Any, Tensor]:
        """The same as one operation for all T, so that a program that was traced with one takes others."""

        def step(before: tuple[Tensor, ...], present: tuple[Tensor, Tensor]) -> tuple[tuple[Tensor, ...], Any]:
            (x_t, t), state = present, _filled(recurrence, before)
            moment = self._advance(x_t, state, memory, self._read)
            after = moment.recurrence if lengths is None else where(lengths > t, moment.recurrence, state)
            return _cloned(after), wanted(moment).clone()

        steps = x.transpose(0, 1), torch.arange(x.shape[1], device=x.device)
        last, found = scan(step, _cloned(recurrence), steps)
        return _filled(recurrence, last), found.transpose(0, 1)


def _output(moment: Moment) -> Tensor:
    return moment.output


def _query(moment: Moment) -> Tensor:
    return moment.query


def _at_end(leaves: tuple[Tensor, ...], lengths: Tensor) -> Tensor:
    """Of the leaves (B, …) before and after T steps those after each row's last real one."""
    return torch.stack(leaves)[lengths.to(leaves[0].device), torch.arange(len(lengths), device=leaves[0].device)]


def _cloned(state: Any) -> tuple[Tensor, ...]:
    """The leaves of a state, in memory of their own."""
    return tuple(leaf.clone() for _, leaf in leaves(state))


def _filled(state: Any, new: tuple[Tensor, ...]) -> Any:
    """A state like ``state`` of other leaves."""
    rest = iter(new)
    return map_state(lambda _: next(rest), state)
