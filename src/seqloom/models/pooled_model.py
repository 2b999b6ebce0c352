"""One answer for a whole sequence: what a body reads of it, pooled, and a head."""

from __future__ import annotations

from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers import Front, LearnedEmbedding, Pooled, SequenceLayer
from seqloom.layers.dropout import check_dropout

__all__ = ["PooledModel"]


class PooledModel(nn.Module):
    """answers = W pool(body(front(x))) + b, one row of K for each sequence (many to one).

    x are what the front, ``embedding``, reads, as tokens (B, T) or pictures, or without one values (B, T, D);
    ``reader`` is the body with its pooling, and the answers are (B, K) for K ``outputs``. ``dropout`` is the share of
    values dropped before the body (of a learned embedding) and before the head in training. Raises UsageError when
    widths do not fit, and for a row without steps, which has nothing to say.

    >>> import torch
    >>> from seqloom.layers import parse_spec
    >>> reader = parse_spec("2*gru(4) bidirectional + pool(attention)").build_pooled(2)
    >>> PooledModel(None, reader, outputs=3)(torch.zeros(2, 5, 2), torch.tensor([5, 2])).shape
    torch.Size([2, 3])
    """

    def __init__(self, embedding: Front | None, reader: Pooled, outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        if embedding is not None and embedding.out_features != reader.in_features:
            raise UsageError(f"The front gives {embedding.out_features} features, the body takes {reader.in_features}.")
        self.embedding = embedding
        self.reader = reader
        self.dropout = nn.Dropout(check_dropout(dropout))
        self.head = nn.Linear(reader.out_features, outputs)

    @property
    def body(self) -> SequenceLayer:
        """The layers below the pooling."""
        return self.reader.body

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, T, …) and lengths (B,) → answers (B, K)."""
        return self.answers(*self.vectors(x, lengths))

    def vectors(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """What the front makes of x: vectors (B, S, D), and their lengths."""
        vectors = x
        if self.embedding is not None:
            vectors, lengths = self.embedding(x, lengths), self.embedding.lengths_after(lengths)
        if isinstance(self.embedding, LearnedEmbedding):
            vectors = self.dropout(vectors)
        return vectors, lengths

    def answers(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (B, S, D) → answers (B, K)."""
        answers: Tensor = self.head(self.dropout(self.reader(vectors, lengths)))
        return answers
