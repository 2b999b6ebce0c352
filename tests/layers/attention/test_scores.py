"""Scores against their formulas, one pair of query and memory step at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.layers.attention import AdditiveScore, ConcatScore, DotScore, GeneralScore, MemoryAttention, Score

QUERY, MEMORY, HIDDEN = 4, 3, 5


def numbers(tensor: Tensor) -> np.ndarray:
    return tensor.detach().numpy()


def additive(score: AdditiveScore, query: np.ndarray, step: np.ndarray) -> float:
    w, u, v = (numbers(p) for p in (score.query_map.weight, score.memory_map.weight, score.vector))
    return float(v @ np.tanh(w @ query + u @ step))


def concat(score: AdditiveScore, query: np.ndarray, step: np.ndarray) -> float:
    w_a = np.concatenate([numbers(score.query_map.weight), numbers(score.memory_map.weight)], axis=1)
    return float(numbers(score.vector) @ np.tanh(w_a @ np.concatenate([query, step])))


def general(score: GeneralScore, query: np.ndarray, step: np.ndarray) -> float:
    return float(query @ numbers(score.memory_map.weight) @ step)


def dot(score: DotScore, query: np.ndarray, step: np.ndarray) -> float:
    return float(query @ step)


CASES = {
    "additive": (lambda: AdditiveScore(QUERY, MEMORY, hidden_size=HIDDEN), additive),
    "concat": (lambda: ConcatScore(QUERY, MEMORY, hidden_size=HIDDEN), concat),
    "general": (lambda: GeneralScore(QUERY, MEMORY), general),
    "dot": (lambda: DotScore(QUERY), dot),
}


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=15)
@given(batch=st.integers(1, 3), steps=st.integers(1, 6), seed=st.integers(0, 99))
def test_a_reading_is_the_formula(name: str, batch: int, steps: int, seed: int) -> None:
    torch.manual_seed(seed)
    make, formula = CASES[name]
    score = make().double()
    query = torch.randn(batch, score.query_features, dtype=torch.float64)
    memory = torch.randn(batch, steps, score.memory_features, dtype=torch.float64)
    lengths = torch.randint(1, steps + 1, (batch,))
    attention = MemoryAttention(score)
    remembered = attention.remember(memory, lengths)
    for row, length in enumerate(lengths.tolist()):
        scores = [formula(score, numbers(query[row]), numbers(memory[row, s])) for s in range(length)]
        shares = np.exp(scores) / np.exp(scores).sum()
        context = shares @ numbers(memory[row, :length])
        found = attention.weights(query, remembered)[row]
        np.testing.assert_allclose(numbers(score(query, remembered.keys)[row, :length]), scores, atol=1e-12)
        np.testing.assert_allclose(numbers(found[:length]), shares, atol=1e-12)
        assert not found[length:].any()
        np.testing.assert_allclose(numbers(attention(query, remembered)[row]), context, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_the_formula(name: str) -> None:
    torch.manual_seed(0)
    score: Score = CASES[name][0]().double()
    attention = MemoryAttention(score)
    query = torch.randn(2, score.query_features, dtype=torch.float64, requires_grad=True)
    memory = torch.randn(2, 4, score.memory_features, dtype=torch.float64, requires_grad=True)
    parameters = tuple(score.parameters())

    def run(query: Tensor, memory: Tensor, *_: Tensor) -> Tensor:
        return attention(query, attention.remember(memory, torch.tensor([4, 2])))

    assert torch.autograd.gradcheck(run, (query, memory, *parameters))


@pytest.mark.parametrize("name", CASES)
def test_what_stands_beyond_the_memory_is_harmless(name: str) -> None:
    score = CASES[name][0]()
    attention = MemoryAttention(score)
    memory, query = torch.randn(3, 5, score.memory_features), torch.randn(3, score.query_features)
    lengths = torch.tensor([5, 2, 0])
    clean = attention(query, attention.remember(memory, lengths))
    memory[1, 2:], memory[2] = torch.nan, torch.inf
    context = attention(query, attention.remember(memory.requires_grad_(), lengths))
    torch.testing.assert_close(context, clean)
    assert not context[2].any()
    context.sum().backward()
    assert torch.isfinite(memory.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in score.parameters())


def test_large_scores_do_not_overflow() -> None:
    attention = MemoryAttention(DotScore(1))
    memory = attention.remember(torch.tensor([[[1e30], [1.0]]]))
    assert attention.weights(torch.tensor([[1e8]]), memory).tolist() == [[1.0, 0.0]]


def test_a_memory_of_another_shape_is_named() -> None:
    attention = MemoryAttention(DotScore(3))
    with pytest.raises(UsageError, match=r"\(B, T, 3\); got \(1, 5, 2\)"):
        attention.remember(torch.zeros(1, 5, 2))
    with pytest.raises(UsageError, match="between 0 and T = 5; got 6"):
        attention.remember(torch.zeros(1, 5, 3), torch.tensor([6]))
