from __future__ import annotations

import math
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.models.ngram import Bigram, Uniform, Unigram, WittenBell

SIZE = 4
IDS = st.lists(st.integers(0, SIZE - 1), max_size=40)


def by_hand(train: list[int], context: tuple[int, ...], word: int) -> float:
    """The formula, by recursion over the text."""
    lower = 1 / SIZE if not context else by_hand(train, context[1:], word)
    width = len(context)
    followers = Counter(train[i + width] for i in range(len(train) - width) if tuple(train[i : i + width]) == context)
    total, types = sum(followers.values()), len(followers)
    return (followers[word] + types * lower) / (total + types) if total else lower


@given(IDS, st.lists(st.integers(0, SIZE - 1), min_size=2, max_size=20), st.integers(1, 4))
def test_agrees_with_the_formula(train: list[int], test: list[int], order: int):
    model = WittenBell(order, SIZE).fit(train)
    expected = [-math.log(by_hand(train, tuple(test[max(0, i - order + 1) : i]), test[i])) for i in range(1, len(test))]
    np.testing.assert_allclose(model.nats(test), expected, rtol=1e-10)
    assert model.nats_per_token(test) == pytest.approx(np.mean(expected))
    for i in range(len(test)):
        assert model.next_probabilities(test[:i])[test[i]] == pytest.approx(
            by_hand(train, tuple(test[max(0, i - order + 1) : i]), test[i])
        )


@given(IDS, IDS, st.integers(0, 5))
def test_sums_to_one(train: list[int], context: list[int], order: int):
    probabilities = WittenBell(order, SIZE).fit(train).next_probabilities(context)
    assert probabilities.shape == (SIZE,)
    assert probabilities.sum() == pytest.approx(1, abs=1e-12)
    assert probabilities.min() > 0


def test_named_orders():
    ids = np.array([0, 1, 2, 0, 1, 3], np.uint8)
    assert Uniform(SIZE).fit(ids).nats_per_token(ids) == pytest.approx(math.log(SIZE))
    for model, order in [(Unigram(SIZE), 1), (Bigram(SIZE), 2)]:
        assert model.fit(ids).nats_per_token(ids) == WittenBell(order, SIZE).fit(ids).nats_per_token(ids)


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch):
    ids = np.random.default_rng(0).integers(0, 3, 100)
    model = WittenBell(4, 3).fit(ids)
    whole = model.nats(ids)
    monkeypatch.setattr("seqloom.models.ngram._BLOCK", 7)
    np.testing.assert_array_equal(model.nats(ids), whole)


def test_a_long_text_is_sampled(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("seqloom.models.ngram._MOST_TOKENS", 2000)
    ids = np.tile(np.arange(5, dtype=np.uint16), 10_000)
    model = Bigram(5).fit(ids)
    assert model.counts()[0][1].sum() == 2000
    assert model.nats_per_token(ids) < 0.1


def test_order_finds_structure():
    ids = np.tile([0, 1, 0, 2], 500)
    nats = [WittenBell(order, 3).fit(ids).nats_per_token(ids) for order in range(4)]
    assert nats == sorted(nats, reverse=True)
    assert nats[3] < 0.05 < 0.3 < nats[2]


def test_a_large_vocabulary_and_a_million_tokens_take_seconds():
    ids = np.random.default_rng(0).integers(0, 50_000, 1_000_000).astype(np.uint16)
    begin = time.process_time()
    model = WittenBell(3, 50_000).fit(ids)
    assert model.nats_per_token(ids[:200_000]) < math.log(50_000)
    assert time.process_time() - begin < 20


def test_wrong_arguments():
    for order, size in [(-1, 3), (1, 0)]:
        with pytest.raises(ValueError, match="order"):
            WittenBell(order, size)
    with pytest.raises(ValueError, match="at least 2 ids"):
        Uniform(3).nats_per_token([0])
    assert Uniform(3).nats([0]).tolist() == []
    for call in (Bigram(3).fit, Bigram(3).fit([0, 1]).nats, Bigram(3).fit([0, 1]).next_probabilities):
        with pytest.raises(ValueError, match="from 0 to 2; got 0 to 5"):
            call([0, 5])


@pytest.mark.parametrize(
    "counts",
    [
        [([0, 1], [1])],
        [([1, 0], [1, 1])],
        [([0, 3], [1, 1])],
        [([-1, 0], [1, 1])],
        [([0, 1], [1, 0])],
        [([], [])],
        [([0, 2], [1, 1]), ([0, 6], [1, 1])],
    ],
)
def test_damaged_counts(counts: list[tuple[list[int], list[int]]]):
    with pytest.raises(ValueError, match="Expected"):
        WittenBell.from_counts(3, [(np.array(k, np.int64), np.array(c, np.int64)) for k, c in counts])


@given(IDS.filter(bool), st.integers(0, 4))
def test_counts_and_lower_orders(ids: list[int], order: int):
    model = WittenBell(4, SIZE).fit(ids)
    again = WittenBell.from_counts(SIZE, model.counts())
    test = [0, 1, 2, 3, *ids]
    assert again.nats_per_token(test) == model.nats_per_token(test)
    assert model.lower(order).nats_per_token(test) == WittenBell(order, SIZE).fit(ids).nats_per_token(test)
