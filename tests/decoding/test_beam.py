from __future__ import annotations

import math

import pytest
import torch

from seqloom.decoding import Hypothesis, Temperature, beam_search, sample
from seqloom.decoding.beam import length_penalty
from seqloom.errors import DivergedError, UsageError
from tests.decoding.toy import Toy


def search(toy: Toy, width: int, limit: int = 5, alpha: float = 0.0, forbid: tuple[int, ...] = ()) -> list[Hypothesis]:
    logits, state = toy.begin()
    return beam_search(toy.step, toy.select, logits, state, width=width, limit=limit, end=0, alpha=alpha, forbid=forbid)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
def test_a_wide_beam_finds_the_exact_best_sequences(seed: int, alpha: float) -> None:
    toy, limit = Toy(seed=seed), 4
    found = search(toy, width=3**limit + 50, limit=limit, alpha=alpha)
    exact = []
    for tokens, log_probability, finished in toy.everything(limit):
        length = len(tokens) + finished
        exact.append((log_probability / length_penalty(length, alpha), tokens, finished))
    exact.sort(reverse=True)
    assert [(h.tokens, h.finished) for h in found[:10]] == [(t, f) for _, t, f in exact[:10]]
    for hypothesis, (score, _, _) in zip(found[:10], exact[:10], strict=True):
        assert hypothesis.score == pytest.approx(score)


@pytest.mark.parametrize("seed", range(8))
def test_width_one_is_greedy(seed: int) -> None:
    toy = Toy(seed=seed)
    logits, state = toy.begin()
    greedy = sample(toy.step, toy.select, logits, state, seeds=[0], limit=6, end=0, filters=[Temperature(0)])
    assert search(toy, width=1, limit=6)[0].tokens == tuple(token for _, token in greedy)


@pytest.mark.parametrize("seed", range(8))
def test_stopping_early_changes_nothing(seed: int) -> None:
    toy = Toy(seed=seed)
    short, long = search(toy, width=3, limit=40), search(toy, width=3, limit=80)
    if all(h.finished for h in short):
        assert short == long
    for hypothesis in short:
        end = (0,) if hypothesis.finished else ()
        assert hypothesis.log_probability == pytest.approx(toy.log_probability(hypothesis.tokens + end))


def test_scores_fall_and_nothing_comes_twice() -> None:
    found = search(Toy(seed=4), width=6)
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
    assert len({(h.tokens, h.finished) for h in found}) == len(found) == 6


def test_forbidden_tokens_never_come() -> None:
    assert all(2 not in h.tokens for h in search(Toy(seed=4), width=6, forbid=(2,)))


def test_bad_calls_name_all_problems_at_once() -> None:
    toy = Toy()
    logits, state = toy.begin(2)
    with pytest.raises(UsageError, match=r"one prompt.*width.*length.*penalty"):
        beam_search(toy.step, toy.select, logits, state, width=0, limit=0, alpha=-1.0)
    logits, state = toy.begin()
    with pytest.raises(DivergedError):
        beam_search(toy.step, toy.select, logits * math.nan, state, width=2, limit=2)
    assert torch.isfinite(logits).all()
