from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.decoding import Hypothesis, Outputs, Temperature, beam_search, beam_searches, sample
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
    with pytest.raises(UsageError, match=r"one prompt"):
        beam_search(toy.step, toy.select, logits, state, width=1, limit=1)
    with pytest.raises(UsageError, match=r"one limit for each of 2 sources, got 3.*width.*length.*penalty"):
        beam_searches(toy.step, toy.select, logits, state, width=0, limit=[3, 0, 1], alpha=-1.0)
    with pytest.raises(UsageError, match=r"width.*length.*penalty"):
        beam_searches(toy.step, toy.select, logits, state, width=0, limit=0, alpha=-1.0)
    logits, state = toy.begin()
    with pytest.raises(DivergedError):
        beam_search(toy.step, toy.select, logits * math.nan, state, width=2, limit=2)
    assert torch.isfinite(logits).all()


class Toys(Toy):
    """A model with a table of its own for each row."""

    def __init__(self, seeds: range) -> None:
        super().__init__()
        self.toys = [Toy(seed=seed) for seed in seeds]
        self.seen: list[int] = []

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        self.seen.append(len(tokens))
        rows = [self.toys[toy].table[last, token] for toy, last, token in zip(*state, tokens.tolist(), strict=True)]
        return torch.stack(rows), (state[0], tokens.tolist())

    def select(self, state: Any, rows: Tensor) -> Any:
        return tuple([part[row] for row in rows.tolist()] for part in state)

    def begin(self, batch_size: int = 1) -> tuple[Tensor, Any]:
        zeros = torch.zeros(len(self.toys), dtype=torch.long)
        return self.step(zeros, (list(range(len(self.toys))), zeros.tolist()))


def test_a_hundred_models_are_searched_at_once_as_exhaustively_as_one_by_one() -> None:
    toys, limit = Toys(range(100)), 4
    logits, state = toys.begin()
    found = beam_searches(toys.step, toys.select, logits, state, width=130, limit=limit, end=0, alpha=0.6)
    for toy, hypotheses in zip(toys.toys, found, strict=True):
        exact = [(lp / length_penalty(len(t) + f, 0.6), t, f) for t, lp, f in toy.everything(limit)]
        exact.sort(reverse=True)
        assert [(h.tokens, h.finished) for h in hypotheses] == [(t, f) for _, t, f in exact]


@pytest.mark.parametrize("width", [1, 3])
def test_sources_have_limits_of_their_own_and_do_not_meet(width: int) -> None:
    toys = Toys(range(64))
    limits = [1 + seed % 7 for seed in range(64)]
    logits, state = toys.begin()
    together = beam_searches(toys.step, toys.select, logits, state, width=width, limit=limits, end=0)
    for toy, limit, found in zip(toys.toys, limits, together, strict=True):
        assert found == search(toy, width=width, limit=limit)


def test_finished_beams_leave_the_batch() -> None:
    toys = Toys(range(64))
    for toy in toys.toys[:60]:
        toy.table[..., 0] = 50.0
    logits, state = toys.begin()
    beam_searches(toys.step, toys.select, logits, state, width=1, limit=6, end=0)
    assert toys.seen[0] == 64
    assert max(toys.seen[1:]) <= 4


@pytest.mark.parametrize("seed", range(4))
def test_one_of_a_set_of_outputs_comes_out_with_its_own_probability(seed: int) -> None:
    toy, sentences = Toy(seed=seed), [(1, 2, 3), (1,), (3, 3), (2, 1), ()]
    logits, state = toy.begin()
    (found,) = beam_searches(
        toy.step, toy.select, logits, state, width=9, limit=5, end=0, outputs=Outputs(sentences, end=0)
    )
    exact = sorted(((toy.log_probability((*one, 0)), one) for one in sentences), reverse=True)
    assert [h.tokens for h in found] == [one for _, one in exact]
    assert [h.log_probability for h in found] == pytest.approx([value for value, _ in exact])
    (greedy,) = beam_searches(
        toy.step, toy.select, *toy.begin(), width=1, limit=5, end=0, outputs=Outputs(sentences, end=0)
    )
    assert greedy[0].tokens in sentences
    with pytest.raises(UsageError, match="at least one"):
        Outputs([], end=0)
