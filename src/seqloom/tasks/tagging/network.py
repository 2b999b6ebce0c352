"""The network of a tagger."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqloom.layers import ConditionalRandomField, SequenceLayer, StepHead

__all__ = ["TagNetwork"]


class TagNetwork(nn.Module):
    """``front``, ``body`` and a head in a row, with dropout between them: x (B, T, …) → scores (B, T, K).

    ``field`` scores whole rows of tags, or is None (Huang, Xu & Yu, 2015, "Bidirectional LSTM-CRF Models"). Once all is
    learned, ``offsets`` (K,) are taken from the scores; in training never.
    """

    offsets: Tensor

    def __init__(
        self, front: nn.Module, body: SequenceLayer, tags: int, field: ConditionalRandomField | None, dropout: float
    ) -> None:
        super().__init__()
        self.front, self.body, self.field = front, body, field
        self.dropout = nn.Dropout(dropout)
        self.head = StepHead(body.out_features, tags)
        self.register_buffer("offsets", torch.zeros(tags), persistent=False)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x (B, T, …) and lengths (B,) → (B, T, K)."""
        return self.answers(*self.vectors(x, lengths))

    def vectors(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """What the front makes of x: vectors (B, T, D), and the lengths as they are."""
        return self.dropout(self.front(x, lengths)), lengths

    def answers(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (B, T, D) → scores (B, T, K)."""
        return self.scores(self.body(vectors, None, lengths)[0])

    def scores(self, y: Tensor) -> Tensor:
        """What the body says, (…, H) → (…, K)."""
        scores: Tensor = self.head(self.dropout(y))
        return scores if self.training else scores - self.offsets
