"""The decoder whose previous state asks (Bahdanau et al., 2015)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.layers.attention.scores import Memory, Score
from seqloom.layers.decoders.attention import AttentionDecoder, Moment, Read
from seqloom.layers.decoders.bridge import Summary, state_vectors
from seqloom.layers.decoders.readout import Maxout
from seqloom.layers.protocol import CausalLayer

__all__ = ["BahdanauDecoder"]


class BahdanauDecoder(AttentionDecoder):
    """Bahdanau's decoder: the previous state asks, and the input is read with what it finds.

    c_t = attention(s_{t-1}, memory);  s_t = body([x_t; c_t], s_{t-1});  y_t = [body's output; c_t], so that a readout
    sees both; with a ``readout`` of R features it is y_t = maxout(U [body's output; c_t; x_t]) (B, R) (Bahdanau et al.,
    2015, appendix A.2.2). ``body`` reads D + M features; s is the h of its last recurrence, whose width the score's
    queries have. Raises UsageError when the widths do not fit or ``body`` has no such state.

    >>> from seqloom.cells import GRU
    >>> from seqloom.layers import Recurrent
    >>> from seqloom.layers.attention import AdditiveScore
    >>> decoder = BahdanauDecoder(Recurrent(GRU, 2 + 3, 4), AdditiveScore(4, 3, hidden_size=5))
    >>> state = decoder.initial_state(1, memory=torch.randn(1, 6, 3))
    >>> y, state = decoder(torch.zeros(1, 7, 2), state)
    >>> y.shape
    torch.Size([1, 7, 7])
    """

    def __init__(
        self, body: CausalLayer, score: Score, readout: int | None = None, summary: Summary = Summary.ENDS
    ) -> None:
        found, known = score.memory_features, body.out_features + score.memory_features
        if readout is not None and readout < 1:
            raise UsageError(f"readout: expected at least 1 feature, or None for none, got {readout}.")
        super().__init__(body.in_features - found, readout or known, body, score, summary)
        self.readout = readout
        self.maxout = None if readout is None else Maxout(known + self.in_features, readout)
        vectors = state_vectors(body.initial_state(1))
        if not vectors or vectors[-1].shape[1] != score.query_features:
            have = (
                f"it has {vectors[-1].shape[1]} features" if vectors else "the body has none; LuongDecoder needs none"
            )
            raise UsageError(f"The score asks with a state of {score.query_features} features, but {have}.")

    def _begin(self, state: Any, batch_size: int) -> Any:
        return state

    def _advance(self, x_t: Any, recurrence: Any, memory: Memory, read: Read) -> Moment:
        query = state_vectors(recurrence)[-1]
        context = self.attention(query, memory)
        y_t, recurrence = read(x_t, context, recurrence)
        return Moment(torch.cat([y_t, context], -1), query, recurrence)

    def _written(self, outputs: Tensor, x: Tensor) -> Tensor:
        return outputs if self.maxout is None else self.maxout(torch.cat([outputs, x], -1))
