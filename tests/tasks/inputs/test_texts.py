"""Texts as tokens, and what reads them."""

from __future__ import annotations

import pytest
import torch

from seqloom.data.text.vocabularies.choice import Tokens
from seqloom.layers import LearnedEmbedding
from seqloom.tasks.classification.settings import ClassifierSettings
from seqloom.tasks.examples.values import Examples
from seqloom.tasks.inputs.texts import TextInputs

TEXTS = [" ".join(f"word{number}" for number in range(200))]


@pytest.mark.parametrize(("tokens", "size"), [(Tokens.WORDS, 0.1), (Tokens.BPE, 0.1), (Tokens.CHARACTERS, 1.0)])
def test_rare_tokens_begin_small(tokens: Tokens, size: float) -> None:
    """A word that came once keeps most of what it began with, and that should not be heard."""
    torch.manual_seed(0)
    inputs = TextInputs.learned(TEXTS, tokens, 1, 300 if tokens is Tokens.BPE else None)
    front = inputs.reading(ClassifierSettings(embedding=64)).front
    assert isinstance(front, LearnedEmbedding)
    assert front.table.std().item() == pytest.approx(size, rel=0.1)


def test_long_texts_are_not_cut_and_are_read_alone() -> None:
    texts = ["word " * 40_000, "a few words", "loom " * 40_000]
    ids = TextInputs.learned(texts, None, 1, None).encode(texts)
    assert [len(row) for row in ids] == [40_000, 3, 40_000]
    shapes = [tuple(batch.x.shape) for batch in Examples({"x": ids}, torch.zeros(3)).batches(16)]
    assert shapes == [(1, 40_000), (1, 3), (1, 40_000)]
