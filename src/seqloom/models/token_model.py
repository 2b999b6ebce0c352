"""The body of a language model: tokens in, scores of the next token out."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers import CausalLayer, Embedding, LearnedEmbedding, SequenceLayer, StepHead
from seqloom.layers.padding import last_real_step, real_steps_only
from seqloom.layers.protocol import check_lengths

__all__ = ["TokenModel"]


class TokenModel(CausalLayer):
    """logits_t = head(body(embedding(token_0 … token_t))).

    tokens (B, T) of int64 → logits (B, T, V), 0 beyond each row's length. Token -1 is the start symbol whose
    vector is zero. ``dropout`` is the share of values dropped before the body (of a learned embedding) and
    before the head in training (Zaremba et al., 2014). The state is the body's. Raises UsageError when widths
    do not fit. A head of ``tied_head`` shares its weight with the embedding.

    >>> import torch
    >>> from seqloom.cells import LSTM
    >>> from seqloom.layers import OneHot, Recurrent
    >>> model = TokenModel(OneHot(5), Recurrent(LSTM, 5, 8), StepHead(8, 5))
    >>> logits, state = model(torch.tensor([[0, 3, 1]]))
    >>> logits.shape
    torch.Size([1, 3, 5])
    >>> logits_t, state = model.step(torch.tensor([4]), state)
    >>> logits_t.shape
    torch.Size([1, 5])
    """

    def __init__(self, embedding: Embedding, body: CausalLayer, head: StepHead, dropout: float = 0.0) -> None:
        super().__init__()
        _check(embedding, body, head, dropout)
        self.embedding = embedding
        self.body = body
        self.head = head
        self.dropout = nn.Dropout(dropout)
        self.in_features = embedding.vocabulary_size
        self.out_features = head.linear.out_features

    @property
    def tied(self) -> bool:
        """Whether the head's weight is the embedding's table."""
        return isinstance(self.embedding, LearnedEmbedding) and self.head.linear.weight is self.embedding.table

    def initial_state(self, batch_size: int) -> Any:
        """The body's state before the first token."""
        return self.body.initial_state(batch_size)

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, Any]:
        """tokens x (B, T) → logits (B, T, V), and the state after each row's last real token."""
        y, state = self.body(self._embed(x), state, lengths)
        lengths = check_lengths(self, lengths, *y.shape[:2])
        return real_steps_only(self.head(self.dropout(y)), lengths), state

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, Any]:
        """tokens x_t (B,) → logits (B, V), and the next state."""
        y_t, state = self.body.step(self._embed(x_t), state)
        return self.head(self.dropout(y_t)), state

    def read(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, Any]:
        """tokens x (B, T) → logits (B, V) after each row's last real token only, and the state there."""
        y, state = self.body(self._embed(x), state, lengths)
        lengths = check_lengths(self, lengths, *y.shape[:2])
        return self.head(self.dropout(last_real_step(y, lengths))), state

    def vectors(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """tokens x (B, T) → what the body reads (B, T, D), and the lengths as they are."""
        return self._embed(x), lengths

    def answers(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (B, T, D), read from the initial state → logits (B, T, V)."""
        y, _ = self.body(vectors, None, lengths)
        return real_steps_only(self.head(self.dropout(y)), check_lengths(self, lengths, *y.shape[:2]))

    def _embed(self, tokens: Tensor) -> Tensor:
        vectors: Tensor = self.embedding(tokens)
        return self.dropout(vectors) if isinstance(self.embedding, LearnedEmbedding) else vectors


def _check(embedding: Embedding, body: SequenceLayer, head: StepHead, dropout: float) -> None:
    given, taken = body.out_features, head.linear.in_features
    problems = []
    if not isinstance(body, CausalLayer):
        problems.append(f"predicting the next token needs a causal body, got {type(body).__name__}")
    if embedding.out_features != body.in_features:
        problems.append(f"the embedding gives {embedding.out_features} features, the body takes {body.in_features}")
    if given != taken:
        problems.append(f"the body gives {given} features, the head takes {taken}")
    if not 0 <= dropout < 1:
        problems.append(f"dropout is a share from 0 to below 1, got {dropout!r}")
    if problems:
        raise UsageError("TokenModel: " + "; ".join(problems) + ".")
