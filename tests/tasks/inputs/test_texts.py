"""Texts as tokens, and what reads them."""

from __future__ import annotations

import pytest
import torch

from seqloom.data.text.vocabularies.choice import Tokens
from seqloom.layers import LearnedEmbedding
from seqloom.tasks.classification.settings import ClassifierSettings
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
