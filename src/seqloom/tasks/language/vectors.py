"""The vectors of the tokens that a language model reads."""

from __future__ import annotations

from seqloom.inspection.embeddings import TokenVectors
from seqloom.layers import LearnedEmbedding
from seqloom.tasks.language.files import Fitted

__all__ = ["vectors_of"]


def vectors_of(fitted: Fitted) -> list[TokenVectors]:
    """The table of a learned embedding, the tokens that came most often in training first; none of one-hot vectors."""
    embedding, vocabulary = fitted.model.embedding, fitted.vocabulary
    if not isinstance(embedding, LearnedEmbedding):
        return []
    names = [vocabulary.piece(token) for token in range(vocabulary.size)]
    counts = fitted.baselines.counts()
    order = sorted((token for token in range(vocabulary.size) if counts[token]), key=lambda token: -counts[token])
    return [TokenVectors(vocabulary.kind, names, embedding.table.detach().cpu().double().numpy(), order)]
