"""The network of a task with one answer for a sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.data.text.vectors import WordVectors
from seqloom.data.text.vocabularies.vocabulary import Vocabulary
from seqloom.errors import UsageError
from seqloom.layers import CausalLayer, LastPooling, LearnedEmbedding, PictureFront, Pooled, SequenceLayer, parse_spec
from seqloom.models.pooled_model import PooledModel
from seqloom.tasks.inputs import Inputs
from seqloom.tasks.inputs.inputs import Reading

__all__ = ["SequenceModel", "StepModel", "build_model", "build_step_model", "fill_in"]


class SequenceModel(PooledModel):
    """A :class:`PooledModel` that reads inputs changed by an ``augmentation`` in training."""

    def __init__(self, reading: Reading, reader: Pooled, outputs: int, dropout: float) -> None:
        super().__init__(reading.front, reader, outputs, dropout)
        self.augmentation = reading.augmentation

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, T) or (B, T, D) and lengths (B,) → answers (B, K)."""
        return super().forward(self.augmentation(x, lengths), lengths)

    @property
    def streamed(self) -> CausalLayer | None:
        """The layers, where the answer to what has come is what they say of the last step."""
        body = self.reader.body
        return body if isinstance(body, CausalLayer) and isinstance(self.reader.pooling, LastPooling) else None


class StepModel(nn.Module):
    """answers_t = W body(front(x))_t + b at every step (many to many); the inputs are augmented in training."""

    def __init__(self, reading: Reading, body: SequenceLayer, outputs: int, dropout: float) -> None:
        super().__init__()
        self.augmentation, self.embedding, self.body = reading.augmentation, reading.front, body
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(body.out_features, outputs)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, T, …) and lengths (B,) → answers (B, T, K)."""
        return self.answers(*self.vectors(self.augmentation(x, lengths), lengths))

    def vectors(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """What the front makes of x: vectors (B, T, D), and the lengths as they are."""
        return x if self.embedding is None else self.embedding(x), lengths

    def answers(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (B, T, D) → answers (B, T, K)."""
        y, _ = self.body(vectors, None, lengths)
        answers: Tensor = self.head(self.dropout(y))
        return answers

    @property
    def streamed(self) -> CausalLayer | None:
        """The layers, where they only look back."""
        return self.body if isinstance(self.body, CausalLayer) else None


def build_step_model(settings: Any, inputs: Inputs, outputs: int) -> StepModel:
    """Front, layers and head as settings say, without a pooling."""
    spec = parse_spec(settings.spec)
    reading = inputs.reading(settings)
    try:
        body = spec.build(reading.features, settings.dropout if spec.layers > 1 and spec.dropout is None else None)
    except UsageError as error:
        raise UsageError(f"spec: there is a number for each step, so nothing is pooled. {error}") from error
    if not body.keeps_time:
        raise UsageError("spec: there is a number for each step, but a layer here has fewer. Leave strides out.")
    return StepModel(reading, body, outputs, settings.dropout)


def build_model(settings: Any, inputs: Inputs, outputs: int) -> SequenceModel:
    """Front, layers, pooling and head as settings say; without a pooling in words, the end of a row is read,
    or the mean of what a front of pictures gives."""
    spec = parse_spec(settings.spec)
    spec = spec.pooled("last" if spec.terms else "mean")
    reading = inputs.reading(settings)
    if spec.front is not None and not isinstance(reading.front, PictureFront):
        raise UsageError(f"spec: {spec.front} reads pictures, and these inputs are none. Leave '{spec.front} +' out.")
    between = settings.dropout if spec.layers > 1 and spec.dropout is None else None
    try:
        reader = spec.rest.build_pooled(reading.features, between)
    except UsageError as error:
        raise UsageError(f"spec: {error}") from error
    return SequenceModel(reading, reader, outputs, settings.dropout)


def fill_in(embedding: LearnedEmbedding, vocabulary: Vocabulary, found: WordVectors) -> None:
    """Let words that have a pretrained vector begin with it, all of them scaled to entries of size 1."""
    table = embedding.table
    names: Mapping[int, str] = {token: vocabulary.piece(token) for token in range(vocabulary.size)}
    rows = {token: found.vectors[name] for token, name in names.items() if name in found.vectors}
    if not rows:
        return
    vectors = torch.stack([torch.from_numpy(vector) for vector in rows.values()])
    with torch.no_grad():
        table[list(rows)] = vectors / vectors.std().clamp_min(1e-6)
