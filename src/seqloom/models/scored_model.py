"""A body between a front end and a head that answers where it is asked."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers import Embedding, SequenceLayer

__all__ = ["ScoredModel"]


class ScoredModel(nn.Module):
    """answers = W body(front(x)) + b at the scored steps only.

    x are tokens (B, T) when there is an ``embedding``, else values (B, T, D); ``scored`` (B, T) picks S steps in the
    order of the rows, and the answers are (S, K) for K ``outputs``. Raises UsageError when widths do not fit, or
    the body changes T.

    >>> import torch
    >>> from seqloom.layers import parse_spec
    >>> model = ScoredModel(None, parse_spec("gru(4)").build(2), outputs=3)
    >>> model(torch.zeros(2, 5, 2), torch.ones(2, 5, dtype=torch.bool)).shape
    torch.Size([10, 3])
    """

    def __init__(self, embedding: Embedding | None, body: SequenceLayer, outputs: int) -> None:
        super().__init__()
        if embedding is not None and embedding.out_features != body.in_features:
            raise UsageError(
                f"The embedding gives {embedding.out_features} features, the body takes {body.in_features}."
            )
        if not body.keeps_time:
            raise UsageError("Answers are wanted at steps of x, but a layer here has fewer outputs. Leave strides out.")
        self.embedding = embedding
        self.body = body
        self.head = nn.Linear(body.out_features, outputs)

    def forward(self, x: Tensor, scored: Tensor, lengths: Tensor | None = None) -> Any:
        """x (B, T) or (B, T, D), scored (B, T) → answers (S, K)."""
        y, _ = self.body(x if self.embedding is None else self.embedding(x), None, lengths)
        return self.head(y[scored])
