from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import Characters, Corpus, split
from seqloom.errors import DataError, UsageError

VOCABULARY = Characters("ab")


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=40),
    st.sampled_from([(0.9, 0.1), (0.8, 0.1, 0.1), (0.5, 0.5), (1.0,)]),
)
def test_parts_cover_every_target_once(sizes: list[int], fractions: tuple[float, ...]):
    corpus = Corpus.from_texts(["a" * size for size in sizes], VOCABULARY)
    total = len(corpus) - 1
    try:
        parts = split(corpus, fractions)
    except DataError:
        assert total * min(fractions) < 2
        return
    assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]
    assert (parts[0].start, parts[-1].stop) == (1, len(corpus))
    for part, fraction in zip(parts, fractions, strict=True):
        assert len(part) == pytest.approx(total * fraction, rel=0.3, abs=3)
    assert sum(part.characters for part in parts) == corpus.characters


def test_one_document_is_cut_by_position():
    assert [len(part) for part in split(Corpus.from_texts(["a" * 999], VOCABULARY))] == [900, 100]


def test_many_documents_are_cut_at_their_ends():
    corpus = Corpus.from_texts(["abab"] * 101, VOCABULARY)
    first, last = split(corpus)
    assert len(first) == 455
    assert first.targets[-1] == last.inputs[0] == corpus.eos
    assert np.count_nonzero(last.targets == corpus.eos) == 10


def test_an_end_at_the_border_stays():
    first, _ = split(Corpus.from_texts(["abab"] * 100, VOCABULARY))
    assert len(first) == 450


def test_too_short():
    corpus = Corpus.from_texts(["a"], VOCABULARY)
    assert [len(part) for part in split(corpus, (0.5, 0.5))] == [1, 1]
    with pytest.raises(DataError, match=r"too short: 2 tokens give 2 to learn from.*1 more part at least 1"):
        split(corpus)
    with pytest.raises(DataError, match=r"101 tokens give 91 to learn from, a window takes 128"):
        split(Corpus.from_texts(["a" * 100], VOCABULARY), window=128)
    assert len(split(Corpus.from_texts(["a" * 100], VOCABULARY), window=91)) == 2


@pytest.mark.parametrize("fractions", [(), (0.5,), (0.9, 0.2), (1.0, 0.0), (1.5, -0.5)])
def test_wrong_shares(fractions: tuple[float, ...]):
    with pytest.raises(UsageError, match="sum to 1"):
        split(Corpus.from_texts(["aaaa"], VOCABULARY), fractions)
