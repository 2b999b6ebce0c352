"""A decoder that knows its source by one vector of fixed size."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.kernels.transforms import known_to_torch
from seqloom.layers.decoders.bridge import Bridge, Summary
from seqloom.layers.decoders.decoder import Decoder
from seqloom.layers.protocol import CausalLayer, check_sequence, check_state, check_step

__all__ = ["BottleneckDecoder", "BottleneckState"]


@known_to_torch
class BottleneckState(NamedTuple):
    """The body's state, and the ``context`` (B, C) that every step reads; C may be 0."""

    body: Any
    context: Tensor


class BottleneckDecoder(Decoder):
    """A decoder with one vector in between: the source is known by the first state, and a context that never changes.

    h_0 = tanh(W v) and y_t, h_t = body([x_t; c], h_{t-1}) with c = tanh(V v), where v is the ``summary`` of the
    encoder's memory (default: both its ends). With ``context_features`` = 0 there is no c, as in Sutskever et al.
    (2014, eq. 4; their LSTM starts from v itself, ours from a learned map of it); above 0, c (B, C) is read at every
    step (Cho et al., 2014, section 2.2 and appendix A). x (B, T, D) → y (B, T, H); ``body`` reads D + C features, and
    the cells of an LSTM begin with a map of v of their own. Without a memory, v
    is 0. Raises UsageError when the widths do not fit.

    >>> from seqloom.cells import GRU
    >>> from seqloom.layers import Recurrent
    >>> decoder = BottleneckDecoder(Recurrent(GRU, 2 + 4, 4), memory_features=3, context_features=4)
    >>> state = decoder.initial_state(1, memory=torch.randn(1, 6, 3))
    >>> decoder(torch.zeros(1, 7, 2), state)[0].shape
    torch.Size([1, 7, 4])
    """

    def __init__(
        self, body: CausalLayer, memory_features: int, context_features: int = 0, summary: Summary = Summary.ENDS
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = body.in_features - context_features, body.out_features
        if context_features < 0 or self.in_features < 1:
            raise UsageError(
                f"The body reads {body.in_features} features, the context's {context_features} and at least 1 of the "
                "input; context_features must be at least 0 and less than that."
            )
        self.memory_features, self.context_features = memory_features, context_features
        self.body = body
        self.summary = Summary(summary)
        self.bridge = Bridge(memory_features, body, self.summary)
        features = self.summary.features(memory_features)
        self.context_map = nn.Linear(features, context_features, bias=False) if context_features else None

    def initial_state(
        self, batch_size: int, *, memory: Tensor | None = None, memory_lengths: Tensor | None = None
    ) -> BottleneckState:
        """The state before the first step, for ``memory`` (B, S, M) with ``memory_lengths`` (B,) real steps."""
        if memory is None:
            memory = next(self.parameters()).new_zeros(batch_size, 0, self.bridge.memory_features)
        memory_lengths = check_sequence(self, memory, self.bridge.memory_features, memory_lengths)
        state = self.bridge(self.body.initial_state(batch_size), memory, memory_lengths)
        if self.context_map is None:
            return BottleneckState(state, memory.new_zeros(batch_size, 0))
        summary = self.summary(memory, memory_lengths)
        return BottleneckState(state, torch.tanh(self.context_map(summary)))

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, BottleneckState]:
        """x (B, T, D) → y (B, T, H), and the state after each row's last real step."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        state = self.initial_state(x.shape[0]) if state is None else state
        check_state(self, state, x.shape[0], BottleneckState)
        body, context = state
        contexts = context[:, None].expand(-1, x.shape[1], -1)
        y, body = self.body(torch.cat([x, contexts], -1), body, lengths)
        return y, BottleneckState(body, context)

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, BottleneckState]:
        """One step: x_t (B, D) and the state give y_t (B, H) and the next state."""
        check_step(self, x_t, self.in_features)
        check_state(self, state, x_t.shape[0], BottleneckState)
        y_t, body = self.body.step(torch.cat([x_t, state.context], -1), state.body)
        return y_t, BottleneckState(body, state.context)
