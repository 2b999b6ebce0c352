"""Recurrent decoders that look back at an encoder's memory at every step."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.compiler import is_compiling

from seqloom.errors import UsageError
from seqloom.kernels.transforms import is_seen, known_to_torch, scan
from seqloom.layers.attention.scores import Memory, MemoryAttention, Score
from seqloom.layers.decoders.bridge import Bridge, state_vectors
from seqloom.layers.decoders.decoder import Decoder
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, check_sequence, check_state, check_step
from seqloom.layers.state import grows, leaves, map_state, where

__all__ = ["AttentionDecoder", "AttentionDecoderState", "BahdanauDecoder", "InputFeeding", "LuongDecoder"]


@known_to_torch
class AttentionDecoderState(NamedTuple):
    """What changes from step to step (``recurrence``), and what is looked at (``memory``)."""

    recurrence: Any
    memory: Memory


class Moment(NamedTuple):
    """One step: its output (B, out_features), the query (B, H) that was asked, and what the next step starts from."""

    output: Tensor
    query: Tensor
    recurrence: Any


class AttentionDecoder(Decoder):
    """A causal layer whose every step reads a memory: x (B, T, D) → y (B, T, out_features).

    ``initial_state(batch_size, memory=…, memory_lengths=…)`` takes an encoder's outputs (B, S, M), projects them once
    and begins the recurrence from both ends of them (``Bridge``). They are leaves of the state, so whoever decodes
    needs ``step`` and ``select`` alone. Without a memory the context is 0. ``alignments`` shows where it looked.
    """

    def __init__(self, in_features: int, out_features: int, body: CausalLayer, score: Score) -> None:
        super().__init__()
        if in_features < 1:
            raise UsageError(
                f"{type(self).__name__} feeds its body the input and {body.in_features - in_features} features more, "
                f"so the body must read more than that; it reads {body.in_features}."
            )
        self.in_features, self.out_features = in_features, out_features
        self.body = body
        self.attention = MemoryAttention(score)
        self.bridge = Bridge(score.memory_features, body) if state_vectors(body.initial_state(1)) else None

    @abstractmethod
    def _begin(self, state: Any, batch_size: int) -> Any:
        """The body's first state as the recurrence's."""

    @abstractmethod
    def _advance(self, x_t: Tensor, recurrence: Any, memory: Memory) -> Moment:
        """One step from x_t (B, D)."""

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
        outputs, _, state = self._run(x, state, lengths)
        return real_steps_only(outputs, lengths), state

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, AttentionDecoderState]:
        """One step: x_t (B, D) and the state give y_t (B, out_features) and the next state."""
        check_step(self, x_t, self.in_features)
        check_state(self, state, x_t.shape[0], AttentionDecoderState)
        moment = self._advance(x_t, state.recurrence, state.memory)
        return moment.output, AttentionDecoderState(moment.recurrence, state.memory)

    def alignments(self, x: Tensor, state: Any, lengths: Tensor | None = None) -> Tensor:
        """The weights (B, T, S) with which each step of x read each step of the memory in ``state``."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        _, queries, state = self._run(x, state, lengths)
        weights = [self.attention.weights(query, state.memory) for query in queries.unbind(1)]
        found = torch.stack(weights, 1) if weights else x.new_zeros(x.shape[0], 0, state.memory.real.shape[1])
        return real_steps_only(found, lengths)

    def _run(self, x: Tensor, state: Any, lengths: Tensor | None) -> tuple[Tensor, Tensor, AttentionDecoderState]:
        """The outputs and queries of every step, (B, T, …), and the state after each row's last real step."""
        state = self.initial_state(x.shape[0]) if state is None else state
        check_state(self, state, x.shape[0], AttentionDecoderState)
        recurrence, memory = state
        rows = real_steps_only(x, lengths)
        if is_compiling() and x.shape[1] > 1 and not grows(recurrence):
            recurrence, outputs, queries = self._scan(rows, recurrence, memory, lengths)
        else:
            recurrence, outputs, queries = self._loop(rows, recurrence, memory, lengths)
        return outputs, queries, AttentionDecoderState(recurrence, memory)

    def _loop(self, x: Tensor, recurrence: Any, memory: Memory, lengths: Tensor | None) -> tuple[Any, Tensor, Tensor]:
        """Step after step."""
        shortest = x.shape[1]
        if lengths is not None:
            shortest = 0 if is_seen((x, lengths)) else min(lengths.tolist(), default=0)
        moments = []
        for t, x_t in enumerate(x.unbind(1)):
            moment = self._advance(x_t, recurrence, memory)
            if lengths is None or t < shortest:
                recurrence = moment.recurrence
            else:
                recurrence = where(lengths > t, moment.recurrence, recurrence)
            moments.append(moment)
        if not moments:
            return recurrence, x.new_zeros(x.shape[0], 0, self.out_features), x.new_zeros(x.shape[0], 0, 1)
        outputs, queries, _ = zip(*moments, strict=True)
        return recurrence, torch.stack(outputs, 1), torch.stack(queries, 1)

    def _scan(self, x: Tensor, recurrence: Any, memory: Memory, lengths: Tensor | None) -> tuple[Any, Tensor, Tensor]:
        """The same as one operation for all T, so that a program that was traced with one takes others."""

        def step(before: tuple[Tensor, ...], present: tuple[Tensor, Tensor]) -> tuple[tuple[Tensor, ...], Any]:
            (x_t, t), state = present, _filled(recurrence, before)
            output, query, after = self._advance(x_t, state, memory)
            after = after if lengths is None else where(lengths > t, after, state)
            return _cloned(after), (output.clone(), query.clone())

        steps = x.transpose(0, 1), torch.arange(x.shape[1], device=x.device)
        last, (outputs, queries) = scan(step, _cloned(recurrence), steps)
        return _filled(recurrence, last), outputs.transpose(0, 1), queries.transpose(0, 1)


def _cloned(state: Any) -> tuple[Tensor, ...]:
    """The leaves of a state, in memory of their own."""
    return tuple(leaf.clone() for _, leaf in leaves(state))


def _filled(state: Any, new: tuple[Tensor, ...]) -> Any:
    """A state like ``state`` of other leaves."""
    rest = iter(new)
    return map_state(lambda _: next(rest), state)


class BahdanauDecoder(AttentionDecoder):
    """Bahdanau's decoder: the previous state asks, and the input is read with what it finds.

    c_t = attention(s_{t-1}, memory);  s_t = body([x_t; c_t], s_{t-1});  y_t = [body's output; c_t], so that a readout
    sees both (Bahdanau et al., 2015, appendix A.2.2). ``body`` reads D + M features; s is the h of its last recurrence,
    whose width the score's queries have. Raises UsageError when the widths do not fit or ``body`` has no such state.

    >>> from seqloom.cells import GRU
    >>> from seqloom.layers import Recurrent
    >>> from seqloom.layers.attention import AdditiveScore
    >>> decoder = BahdanauDecoder(Recurrent(GRU, 2 + 3, 4), AdditiveScore(4, 3, hidden_size=5))
    >>> state = decoder.initial_state(1, memory=torch.randn(1, 6, 3))
    >>> y, state = decoder(torch.zeros(1, 7, 2), state)
    >>> y.shape
    torch.Size([1, 7, 7])
    """

    def __init__(self, body: CausalLayer, score: Score) -> None:
        found = score.memory_features
        super().__init__(body.in_features - found, body.out_features + found, body, score)
        vectors = state_vectors(body.initial_state(1))
        if not vectors or vectors[-1].shape[1] != score.query_features:
            have = (
                f"it has {vectors[-1].shape[1]} features" if vectors else "the body has none; LuongDecoder needs none"
            )
            raise UsageError(f"The score asks with a state of {score.query_features} features, but {have}.")

    def _begin(self, state: Any, batch_size: int) -> Any:
        return state

    def _advance(self, x_t: Tensor, recurrence: Any, memory: Memory) -> Moment:
        query = state_vectors(recurrence)[-1]
        context = self.attention(query, memory)
        y_t, recurrence = self.body.step(torch.cat([x_t, context], -1), recurrence)
        return Moment(torch.cat([y_t, context], -1), query, recurrence)


@known_to_torch
class InputFeeding(NamedTuple):
    """The body's state, and the attentional vector ``fed`` (B, H) that the next step reads."""

    body: Any
    fed: Tensor


class LuongDecoder(AttentionDecoder):
    """Luong's decoder: the new state asks, and the next step is fed the answer (Luong et al., 2015, eq. 5, sec. 3.3).

    h_t = body([x_t; h̃_{t-1}]);  c_t = attention(h_t, memory);  y_t = h̃_t = tanh(W [c_t; h_t]), and h̃_0 = 0.
    ``body`` is any causal layer, reading D + H features and giving H; ``combine`` is W (H, M + H). Raises UsageError
    when the widths do not fit.

    >>> from seqloom.cells import LSTM
    >>> from seqloom.layers import Recurrent
    >>> from seqloom.layers.attention import GeneralScore
    >>> decoder = LuongDecoder(Recurrent(LSTM, 2 + 4, 4), GeneralScore(4, 3))
    >>> state = decoder.initial_state(1, memory=torch.randn(1, 6, 3))
    >>> decoder.alignments(torch.zeros(1, 7, 2), state).shape
    torch.Size([1, 7, 6])
    """

    def __init__(self, body: CausalLayer, score: Score) -> None:
        hidden = body.out_features
        super().__init__(body.in_features - hidden, hidden, body, score)
        if score.query_features != hidden:
            raise UsageError(f"The score asks with {score.query_features} features, but the body gives {hidden}.")
        self.combine = nn.Linear(score.memory_features + hidden, hidden, bias=False)

    def _begin(self, state: Any, batch_size: int) -> InputFeeding:
        return InputFeeding(state, self.combine.weight.new_zeros(batch_size, self.out_features))

    def _advance(self, x_t: Tensor, recurrence: Any, memory: Memory) -> Moment:
        h_t, body = self.body.step(torch.cat([x_t, recurrence.fed], -1), recurrence.body)
        attentional = torch.tanh(self.combine(torch.cat([self.attention(h_t, memory), h_t], -1)))
        return Moment(attentional, h_t, InputFeeding(body, attentional))
