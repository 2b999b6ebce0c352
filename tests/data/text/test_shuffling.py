from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import Corpus, Tokens, TokenStream, learn_vocabulary, shuffled, text_documents

TEXTS = st.lists(st.text("ab é", min_size=1, max_size=9), min_size=1, max_size=30)


def documents(corpus: Corpus) -> list[list[int]]:
    stops = corpus.ends(0, len(corpus))
    return [corpus.ids[a + 1 : b].tolist() for a, b in pairwise(stops)]


@given(TEXTS, st.integers(0, 99), st.sampled_from([Tokens.CHARACTERS, Tokens.WORDS]))
def test_the_same_documents_in_another_order(texts: list[str], seed: int, tokens: Tokens):
    vocabulary = learn_vocabulary(tokens, text_documents([*texts, "a"]))
    corpus = Corpus.from_texts(texts, vocabulary)
    other = shuffled(corpus.stream(), seed)
    assert sorted(documents(other)) == sorted(documents(corpus))
    assert shuffled(corpus.stream(), seed).ids.tolist() == other.ids.tolist()
    assert other.facts == corpus.facts
    assert other.stream().characters == corpus.characters
    stops = other.ends(0, len(other))
    for a, b in pairwise(stops):
        whole = sorted(len(text) for text in texts if vocabulary.encode(text) == other.ids[a + 1 : b].tolist())
        assert TokenStream(other, int(a) + 1, int(b) + 1).characters in whole


@pytest.mark.parametrize("part", [5, 1000])
def test_seeds_differ_and_every_place_is_as_likely(monkeypatch: pytest.MonkeyPatch, part: int):
    monkeypatch.setattr("seqloom.data.text.shuffling._PART", part)
    texts = [chr(97 + k) for k in range(8)]
    vocabulary = learn_vocabulary(Tokens.CHARACTERS, text_documents(texts))
    corpus = Corpus.from_texts(texts, vocabulary)
    orders = np.array([shuffled(corpus.stream(), seed).ids[1::2] for seed in range(400)])
    counts = np.array([np.bincount(orders[:, place], minlength=10)[2:] for place in range(8)])
    assert ((counts - 50.0) ** 2 / 50).sum() < 85, "χ² of 49 degrees of freedom"
    followers = np.zeros((10, 10))
    np.add.at(followers, (orders[:, :-1].ravel(), orders[:, 1:].ravel()), 1)
    off_diagonal = followers[2:, 2:][~np.eye(8, dtype=bool)]
    assert ((off_diagonal - 50) ** 2 / 50).sum() < 90, "who follows whom, 55 degrees of freedom"


@pytest.mark.parametrize("part", [6, 20, 1000])
def test_documents_longer_than_a_block(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, part: int):
    monkeypatch.setattr("seqloom.data.text.shuffling._BLOCK", 5)
    monkeypatch.setattr("seqloom.data.text.shuffling._PART", part)
    texts = ["a" * 3, "b" * 17, "c", "d" * 5, "e" * 11]
    vocabulary = learn_vocabulary(Tokens.CHARACTERS, text_documents(texts))
    found = shuffled(Corpus.from_texts(texts, vocabulary).stream(), 3, tmp_path)
    assert sorted(vocabulary.decode(ids) for ids in documents(found)) == sorted(texts)
