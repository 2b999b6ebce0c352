"""Heads over keys: probabilities of whole chords, and draws that follow them."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from seqloom.models.piano_keys import AutoregressiveKeys, IndependentKeys, KeysHead

CHORDS = torch.tensor(list(itertools.product((0.0, 1.0), repeat=4)))
HEADS: dict[str, Callable[[], KeysHead]] = {
    "independent": lambda: IndependentKeys(3, keys=4),
    "autoregressive": lambda: AutoregressiveKeys(3, keys=4, units=6),
}


def _drawn(name: str) -> KeysHead:
    """A head whose weights are all far from 0."""
    torch.manual_seed(1)
    head = HEADS[name]()
    with torch.no_grad():
        for weight in head.parameters():
            weight.normal_()
    return head.double()


def _probabilities(head: KeysHead, y: Tensor, temperature: float = 1.0) -> Tensor:
    """Of all chords, for one vector of features (H,)."""
    scores = head(y.expand(len(CHORDS), -1), CHORDS.double()) / temperature
    return torch.where(CHORDS > 0, scores.sigmoid(), (-scores).sigmoid()).prod(-1)


@pytest.mark.parametrize("name", HEADS)
def test_the_probabilities_of_all_chords_are_one(name: str) -> None:
    for seed in range(5):
        y = torch.randn(3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        assert _probabilities(_drawn(name), y).sum().item() == pytest.approx(1)


@pytest.mark.parametrize("name", HEADS)
def test_a_score_looks_at_the_keys_below_alone(name: str) -> None:
    head, y = _drawn(name), torch.randn(3, dtype=torch.float64)
    for key in range(4):
        one = torch.zeros(4, dtype=torch.float64)
        other = one.clone()
        other[key:] = 1
        assert torch.equal(head(y, one)[: key + 1], head(y, other)[: key + 1])
    seen = head(y, torch.zeros(4, dtype=torch.float64)) != head(y, torch.eye(4, dtype=torch.float64)[0])
    assert seen.tolist() == [False, *[name == "autoregressive"] * 3]


@pytest.mark.parametrize("temperature", [1.0, 0.5])
@pytest.mark.parametrize("name", HEADS)
def test_draws_come_as_often_as_they_are_probable(name: str, temperature: float) -> None:
    head, y = _drawn(name), torch.tensor([0.3, -0.2, 0.5], dtype=torch.float64)
    levels = torch.rand(20_000, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    drawn = head.draw(y.expand(len(levels), -1), levels, temperature=temperature)
    shares = (drawn[:, None] == CHORDS).all(-1).double().mean(0)
    assert (shares - _probabilities(head, y, temperature)).abs().max() < 0.015


@pytest.mark.parametrize("name", HEADS)
def test_what_is_fixed_is_so_and_the_rest_follows_it(name: str) -> None:
    head, y = _drawn(name), torch.tensor([0.3, -0.2, 0.5], dtype=torch.float64)
    levels = torch.rand(20_000, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    fixed = torch.tensor([1.0, torch.nan, torch.nan, torch.nan], dtype=torch.float64).expand(len(levels), -1)
    drawn = head.draw(y.expand(len(levels), -1), levels, fixed)
    assert (drawn[:, 0] == 1).all()
    wanted = _probabilities(head, y) * CHORDS[:, 0]
    shares = (drawn[:, None] == CHORDS).all(-1).double().mean(0)
    assert (shares - wanted / wanted.sum()).abs().max() < 0.015


@pytest.mark.parametrize("name", HEADS)
def test_the_likeliest_keys_are_chosen_from_below(name: str) -> None:
    head, y = _drawn(name), torch.randn(50, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    said = head.likeliest(y)
    assert torch.equal(said, (head(y, said) > 0).double())
    assert said.unique().tolist() == [0, 1]


def test_only_autoregressive_keys_know_which_go_together() -> None:
    """Two chords that share no key: together each costs ln 2, key by key 4 ln 2."""
    chords = torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 1]])
    costs = {}
    for name, make in HEADS.items():
        torch.manual_seed(0)
        head = make()
        optimiser = torch.optim.Adam(head.parameters(), 0.1)
        for _ in range(200):
            scores = head(torch.ones(2, 3), chords)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, chords, reduction="sum") / 2
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        costs[name] = loss.item()
    assert costs["independent"] == pytest.approx(4 * 0.693, abs=0.01)
    assert costs["autoregressive"] == pytest.approx(0.693, abs=0.02)
