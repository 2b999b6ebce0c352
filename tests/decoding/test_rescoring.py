"""The best few sequences, judged again: against every sequence there is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest

from seqloom.decoding.fusion import WordFusion
from seqloom.decoding.rescoring import RescoredSearch, rescored
from tests.decoding.test_ctc import EVERYTHING, everything, of_toy, random_frames, searched
from tests.decoding.toy import Toy


@pytest.mark.parametrize("seed", range(20))
def test_of_all_sequences_the_best_by_both_is_found(seed: int) -> None:
    frames, toy = random_frames(seed, time=4, scale=1.0), Toy(vocabulary_size=4, seed=seed)
    both = {
        tokens: heard + 0.7 * toy.log_probability((*(token + 1 for token in tokens), 0)) + 0.3 * len(tokens)
        for tokens, (heard, _, _) in everything(frames).items()
    }
    search = RescoredSearch(EVERYTHING, EVERYTHING, of_toy(toy, weight=0.7, bonus=0.3))
    search.feed(frames)
    found = search.found(EVERYTHING)
    assert [one.tokens for one in found] == sorted(both, key=lambda tokens: -both[tokens])[: len(found)]
    assert found[0].score == pytest.approx(max(both.values()))
    assert found[0].log_probability == pytest.approx(everything(frames)[found[0].tokens][0])


@pytest.mark.parametrize("seed", range(5))
def test_words_over_other_tokens_are_judged_with_the_last_one(seed: int) -> None:
    """Of the tokens a, b and a space; the toy knows the words a, ab and, for all others, 3."""
    frames, toy = random_frames(seed, time=4, scale=1.0), Toy(vocabulary_size=4, seed=seed)
    names = {(0,): 1, (0, 1): 2}

    def encode(word: Sequence[int]) -> list[int]:
        return [names.get(tuple(word), 3)]

    def said(tokens: tuple[int, ...]) -> float:
        words = [tuple(group) for is_break, group in itertools.groupby(tokens, lambda k: k == 2) if not is_break]
        return 0.7 * toy.log_probability((*(encode(word)[0] for word in words), 0)) + 0.3 * len(words)

    fusion = WordFusion(toy.step, toy.begin(), encode, tokens=3, breaks=[2], end=0, weight=0.7, bonus=0.3)
    for one in rescored(searched(frames, prune=math.inf), fusion):
        assert one.score == pytest.approx(one.log_probability + said(one.tokens))


def test_few_are_judged_and_only_at_the_end() -> None:
    frames, toy = random_frames(4, time=4, scale=0.5), Toy(vocabulary_size=4, seed=4)
    plain, fusion = searched(frames), of_toy(toy, weight=3.0)
    search = RescoredSearch(EVERYTHING, 3, fusion)
    search.feed(frames)
    assert search.found(2, ended=False) == plain[:2]
    assert search.found(3) == rescored(plain[:3], fusion)
    assert search.found(1) == rescored(plain[:3], fusion)[:1]
    assert len(search.found(5)) == 5
    assert {one.tokens for one in search.found(3)} == {one.tokens for one in plain[:3]}


def test_what_texts_have_in_common_is_read_once() -> None:
    frames, toy = random_frames(4, time=4), Toy(vocabulary_size=4, seed=4)
    read = []

    def step(tokens, state):  # type: ignore[no-untyped-def]
        read.extend(tokens.tolist())
        return toy.step(tokens, state)

    found = searched(frames)
    fusion = of_toy(toy)
    fusion._model._step = step
    rescored(found, fusion)
    prefixes = {one.tokens[:length] for one in found for length in range(1, len(one.tokens) + 1)}
    assert len(read) == len(prefixes)


def test_of_nothing_there_is_nothing() -> None:
    assert rescored([], of_toy(Toy(vocabulary_size=3))) == []
    search = RescoredSearch(4, 4, of_toy(Toy(vocabulary_size=3)))
    search.feed(np.zeros((0, 3)))
    assert [one.tokens for one in search.found()] == [()]
