"""From a layer's output to the scores of classes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqloom.choice import Choice
from seqloom.errors import UsageError
from seqloom.layers.embedding import LearnedEmbedding
from seqloom.layers.pooling import LastPooling
from seqloom.layers.protocol import SequenceLayer, check_lengths

__all__ = ["LastHead", "Link", "StepHead", "tied_head"]


class Link(Choice):
    """How scores become probabilities: one class of many (softmax), or each class by itself (sigmoid)."""

    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"

    def probabilities(self, logits: Tensor) -> Tensor:
        """logits (…, K) → probabilities (…, K)."""
        return torch.softmax(logits, -1) if self is Link.SOFTMAX else torch.sigmoid(logits)


class StepHead(nn.Module):
    """logits_t = W y_t + b at every step: y (B, T, H) → (B, T, K) (many to many).

    >>> import torch
    >>> StepHead(4, 3)(torch.zeros(2, 5, 4)).shape
    torch.Size([2, 5, 3])
    """

    def __init__(self, in_features: int, classes: int, link: Link = Link.SOFTMAX) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, classes)
        self.link = Link(link)

    def forward(self, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """y (…, H) → logits (…, K); each step by itself, so lengths change nothing."""
        logits: Tensor = self.linear(y)
        return logits

    def probabilities(self, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The same, through the link."""
        return self.link.probabilities(self(y, lengths))


class LastHead(StepHead):
    """logits = W y_end + b, y_end what ``layer`` says once it has read a whole row: y (B, T, H) → (B, K) (many to one).

    The end is that of ``LastPooling``, and a row without steps gives b. Raises UsageError for a number in place of the
    layer, which would not say what the features are, and for a layer that mixes both directions at each step.

    >>> import torch
    >>> from seqloom.layers import parse_spec
    >>> layer = parse_spec("gru(4) bidirectional").build(2)
    >>> lengths = torch.tensor([5, 2])
    >>> y, state = layer(torch.zeros(2, 5, 2), None, lengths)
    >>> LastHead(layer, 3)(y, lengths).shape
    torch.Size([2, 3])
    """

    def __init__(self, layer: SequenceLayer, classes: int, link: Link = Link.SOFTMAX) -> None:
        if not isinstance(layer, SequenceLayer):
            raise UsageError(
                f"LastHead expected the layer whose ends it reads, as in LastHead(layer, {classes}); got {layer!r}. "
                "A number of features does not say in which direction each of them was read."
            )
        super().__init__(layer.out_features, classes, link)
        self.pooling = LastPooling(layer)

    def forward(self, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """y (B, T, H) of the layer and lengths (B,) → logits (B, K)."""
        lengths = check_lengths(self, lengths, *y.shape[:2])
        return super().forward(self.pooling.pool(y, lengths))


def tied_head(embedding: LearnedEmbedding) -> StepHead:
    """A head whose weight is the embedding's table, one parameter for both (Press & Wolf, 2017): logits_t = E y_t + b.

    The body below gives as many features as the embedding has. Give the embedding the ``scale`` √D, so that its
    table is small enough for a head. The bias begins at 0.

    >>> embedding = LearnedEmbedding(5, 16, scale=4.0)
    >>> tied_head(embedding).linear.weight is embedding.table
    True
    """
    head = StepHead(embedding.out_features, embedding.vocabulary_size)
    head.linear.weight = embedding.table
    nn.init.zeros_(head.linear.bias)
    return head
