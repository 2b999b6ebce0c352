"""The decoder whose new state asks (Luong et al., 2015)."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.kernels.transforms import known_to_torch
from seqloom.layers.attention.scores import Memory, Score
from seqloom.layers.decoders.attention import AttentionDecoder, AttentionDecoderState, Moment, Read, Wanted
from seqloom.layers.decoders.bridge import Summary
from seqloom.layers.protocol import CausalLayer

__all__ = ["InputFeeding", "LuongDecoder"]


@known_to_torch
class InputFeeding(NamedTuple):
    """The body's state, and the attentional vector ``fed`` (B, H) that the next step reads."""

    body: Any
    fed: Tensor


class LuongDecoder(AttentionDecoder):
    """Luong's decoder: the new state asks, and the next step is fed the answer (Luong et al., 2015, eq. 5, sec. 3.3).

    h_t = body([x_t; h̃_{t-1}]);  c_t = attention(h_t, memory);  y_t = h̃_t = tanh(W [c_t; h_t]), and h̃_0 = 0.
    ``body`` is any causal layer, reading D + H features and giving H; ``combine`` is W (H, M + H). Without ``feed`` it
    is h_t = body(x_t), D features wide: no step waits for what another one found, so that all of them train at once.
    Raises UsageError when the widths do not fit.

    >>> from seqloom.cells import LSTM
    >>> from seqloom.layers import Recurrent
    >>> from seqloom.layers.attention import GeneralScore
    >>> decoder = LuongDecoder(Recurrent(LSTM, 2 + 4, 4), GeneralScore(4, 3))
    >>> state = decoder.initial_state(1, memory=torch.randn(1, 6, 3))
    >>> decoder.alignments(torch.zeros(1, 7, 2), state).shape
    torch.Size([1, 7, 6])
    """

    def __init__(self, body: CausalLayer, score: Score, feed: bool = True, summary: Summary = Summary.ENDS) -> None:
        hidden = body.out_features
        super().__init__(body.in_features - (hidden if feed else 0), hidden, body, score, summary)
        self.feed = feed
        if score.query_features != hidden:
            raise UsageError(f"The score asks with {score.query_features} features, but the body gives {hidden}.")
        self.combine = nn.Linear(score.memory_features + hidden, hidden, bias=False)

    def _begin(self, state: Any, batch_size: int) -> Any:
        if not self.feed:
            return state
        return InputFeeding(state, self.combine.weight.new_zeros(batch_size, self.out_features))

    def _advance(self, x_t: Any, recurrence: Any, memory: Memory, read: Read) -> Moment:
        if not self.feed:
            h_t, body = self.body.step(x_t, recurrence)
            return Moment(self._answer(h_t, memory), h_t, body)
        h_t, body = read(x_t, recurrence.fed, recurrence.body)
        answer = self._answer(h_t, memory)
        return Moment(answer, h_t, InputFeeding(body, answer))

    def _answer(self, h: Tensor, memory: Memory) -> Tensor:
        """h (B, …, H) → h̃ (B, …, H)."""
        return torch.tanh(self.combine(torch.cat([self.attention(h, memory), h], -1)))

    def _run(
        self, x: Tensor, state: AttentionDecoderState, lengths: Tensor | None, wanted: Wanted
    ) -> tuple[Tensor, AttentionDecoderState]:
        if self.feed:
            return super()._run(x, state, lengths, wanted)
        h, body = self.body(x, state.recurrence, lengths)
        return wanted(Moment(self._answer(h, state.memory), h, body)), AttentionDecoderState(body, state.memory)
