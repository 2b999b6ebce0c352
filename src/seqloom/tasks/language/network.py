"""The network that the settings of a language model describe."""

from __future__ import annotations

import math
from typing import Any

import torch

from seqloom.data import Vocabulary
from seqloom.errors import UsageError
from seqloom.layers import CausalLayer, LearnedEmbedding, OneHot, StepHead, parse_spec, tied_head
from seqloom.models.token_model import TokenModel
from seqloom.tasks.language.settings import ONE_HOT, LanguageSettings

__all__ = ["build_network"]

WIDEST_ONE_HOT = 1 << 13
_EMBEDDING = (16, 256)


def build_network(settings: LanguageSettings, vocabulary: Vocabulary) -> TokenModel:
    """The network for a vocabulary, its weights drawn from the seed of the training settings."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.training.seed)
        embedding = _embedding(settings, vocabulary.size)
        body = _body(settings, embedding.out_features)
        return TokenModel(embedding, body, _head(settings, embedding, body), settings.dropout)


def _embedding(settings: LanguageSettings, size: int) -> OneHot | LearnedEmbedding:
    if settings.embedding == ONE_HOT:
        if size > WIDEST_ONE_HOT:
            raise UsageError(
                f"embedding: {size:,} tokens are too many for one-hot inputs (at most {WIDEST_ONE_HOT:,}). "
                "Give a width instead."
            )
        return OneHot(size)
    width = settings.embedding if isinstance(settings.embedding, int) else min(max(size, _EMBEDDING[0]), _EMBEDDING[1])
    return LearnedEmbedding(size, width, math.sqrt(width) if settings.tied else 1.0)


def _head(settings: LanguageSettings, embedding: OneHot | LearnedEmbedding, body: CausalLayer) -> StepHead:
    if not settings.tied or not isinstance(embedding, LearnedEmbedding):
        return StepHead(body.out_features, embedding.vocabulary_size)
    if body.out_features != embedding.out_features:
        raise UsageError(
            f"tied: the head can share the table of the embedding only where both have one width; the layers give "
            f"{body.out_features} features, the embedding has {embedding.out_features}."
        )
    return tied_head(embedding)


def _body(settings: LanguageSettings, in_features: int) -> CausalLayer:
    if settings.spec is None:
        raise UsageError("spec: this model was loaded without the code of its cells. Give it a spec to train.")
    if isinstance(settings.spec, str):
        # One stream of text has no end, so attention looks back as far as gradients flow.
        spec = parse_spec(settings.spec).bounded(settings.window)
        open_to_it = spec.layers > 1 and spec.dropout is None
        dropout = settings.dropout if open_to_it else None
        body: Any = None if spec.pooling else spec.build(in_features, dropout)
    else:
        body = settings.spec(in_features)
    if not isinstance(body, CausalLayer):
        raise UsageError(
            f"spec: predicting the next token needs layers that only look back, got {settings.spec!r}. "
            "Leave 'bidirectional', 'causal=false', strides and pooling out."
        )
    return body
