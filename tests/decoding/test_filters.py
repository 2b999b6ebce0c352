from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.decoding import Forbid, RepetitionPenalty, Temperature, TopK, TopP, apply_filters
from seqloom.errors import UsageError

scores = st.lists(st.floats(-8, 8), min_size=2, max_size=12).map(lambda row: torch.tensor([row]))


def none_seen(logits: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(logits, dtype=torch.bool)


@given(scores, st.floats(0.1, 5))
def test_temperature_is_a_power_of_the_probabilities(logits: torch.Tensor, value: float) -> None:
    got = Temperature(value)(logits, none_seen(logits)).softmax(-1)
    power = logits.double().softmax(-1) ** (1 / value)
    torch.testing.assert_close(got.double(), power / power.sum(), rtol=1e-4, atol=1e-6)


@given(scores)
def test_temperature_zero_leaves_only_the_likeliest(logits: torch.Tensor) -> None:
    probability = Temperature(0)(logits, none_seen(logits)).softmax(-1)
    assert probability.max() == 1
    assert probability.argmax() == logits.argmax()


def test_a_tiny_temperature_does_not_overflow() -> None:
    logits = torch.tensor([[80.0, 90.0]])
    assert Temperature(1e-38)(logits, none_seen(logits)).softmax(-1).tolist() == [[0.0, 1.0]]


@given(scores, st.integers(1, 14))
def test_top_k_keeps_exactly_k_and_the_largest(logits: torch.Tensor, k: int) -> None:
    kept = torch.isfinite(TopK(k)(logits, none_seen(logits)))[0]
    assert int(kept.sum()) == min(k, logits.shape[1])
    if bool((~kept).any()):
        assert logits[0][kept].min() >= logits[0][~kept].max()


@given(scores, st.floats(0.01, 1))
def test_top_p_keeps_the_smallest_set_that_reaches_p(logits: torch.Tensor, p: float) -> None:
    probability = logits.double().softmax(-1)[0]
    kept = torch.isfinite(TopP(p)(logits.double(), none_seen(logits)))[0]
    mass = float(probability[kept].sum())
    assert mass >= p - 1e-9
    if int(kept.sum()) > 1:
        assert mass - float(probability[kept].min()) < p + 1e-9


def test_top_p_after_top_k_keeps_the_ban() -> None:
    logits = torch.tensor([[3.0, 2.0, 1.0, 0.0]])
    out = apply_filters([TopK(2), TopP(0.99)], logits, none_seen(logits))
    assert torch.isfinite(out).tolist() == [[True, True, False, False]]


def test_repetition_penalty_ignores_a_constant_and_lowers_what_was_seen() -> None:
    logits, seen = torch.tensor([[2.0, 1.0, -1.0]]), torch.tensor([[True, False, False]])
    first = RepetitionPenalty(1.5)(logits, seen).softmax(-1)
    second = RepetitionPenalty(1.5)(logits - 7, seen).softmax(-1)
    torch.testing.assert_close(first, second)
    assert first[0, 0] < logits.softmax(-1)[0, 0]


def test_filters_leave_their_argument_alone() -> None:
    logits = torch.tensor([[0.3, 0.2, 0.9]])
    before = logits.clone()
    chain = [Forbid((2,)), RepetitionPenalty(1.3), Temperature(0.7), TopK(2), TopP(0.5)]
    apply_filters(chain, logits, torch.tensor([[True, False, False]]))
    assert torch.equal(logits, before)
    assert Forbid((2,))(logits, none_seen(logits))[0, 2] == -math.inf


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (Temperature, -1.0),
        (Temperature, math.nan),
        (TopK, 0),
        (TopP, 0.0),
        (TopP, 1.1),
        (RepetitionPenalty, 0.5),
    ],
)
def test_values_out_of_range_are_refused_by_name(make: type, value: float) -> None:
    with pytest.raises(UsageError, match=str(value)):
        make(value)
