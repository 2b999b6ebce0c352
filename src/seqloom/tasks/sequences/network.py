"""The network of a task with one answer for a sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from seqloom.data.text.vectors import WordVectors
from seqloom.data.text.vocabularies.vocabulary import Vocabulary
from seqloom.errors import UsageError
from seqloom.layers import LearnedEmbedding, parse_spec
from seqloom.layers.embedding import NOTHING
from seqloom.models.pooled_model import PooledModel
from seqloom.tasks.inputs import Inputs, SeriesInputs, TextInputs

__all__ = ["SequenceModel", "build_model", "fill_in"]


class SequenceModel(PooledModel):
    """A :class:`PooledModel` that in training reads ``unseen`` in place of a share ``word_dropout`` of the tokens, or
    values with Gaussian noise of the deviation ``noise``."""

    word_dropout = 0.0
    noise = 0.0
    unseen = NOTHING

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, T) or (B, T, D) and lengths (B,) → answers (B, K)."""
        if self.training and self.word_dropout and self.embedding is not None:
            x = x.masked_fill(torch.rand(x.shape, device=x.device) < self.word_dropout, self.unseen)
        if self.training and self.noise and self.embedding is None:
            x = x + self.noise * torch.randn_like(x)
        return super().forward(x, lengths)


def build_model(settings: Any, inputs: Inputs, outputs: int) -> SequenceModel:
    """Embedding, layers, pooling and head as settings say; without a pooling in words, the end of a row is read."""
    spec = parse_spec(settings.spec).pooled("last")
    embedding = None
    if isinstance(inputs, TextInputs):
        embedding = LearnedEmbedding(inputs.vocabulary.size, settings.embedding)
        width = settings.embedding
    else:
        assert isinstance(inputs, SeriesInputs)
        width = len(inputs.mean)
    between = settings.dropout if spec.layers > 1 and spec.dropout is None else None
    try:
        reader = spec.build_pooled(width, between)
    except UsageError as error:
        raise UsageError(f"spec: {error}") from error
    model = SequenceModel(embedding, reader, outputs, settings.dropout)
    if isinstance(inputs, TextInputs):
        model.word_dropout = settings.word_dropout or 0.0
        model.unseen = NOTHING if inputs.vocabulary.unk is None else inputs.vocabulary.unk
    else:
        model.noise = settings.noise or 0.0
    return model


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
