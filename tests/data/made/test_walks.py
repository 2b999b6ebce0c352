"""Made walks: what is planted explains what it is to explain."""

from __future__ import annotations

import numpy as np
import pytest

from seqloom.data.made.walks import EXPLAINED, Signal, made_walk


def told(signal: Signal, moves: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What tells of each move but the first, standardised."""
    if signal is Signal.LEAD:
        return other[:-1]
    if signal is Signal.SEASON:
        days = np.arange(1, len(moves)) % 5
        means = np.array([moves[1:][days == day].mean() for day in range(5)])
        return means[days] - means[days].mean()
    if signal is Signal.REGIME:
        return np.convolve(moves, np.ones(30) / 30)[: len(moves) - 1]
    return moves[:-1]


@pytest.mark.parametrize("signal", Signal)
def test_a_signal_explains_a_twentieth_and_its_absence_nothing(signal: Signal) -> None:
    moves, other = np.diff(made_walk(40_000, 0, signal), axis=0, prepend=0).T
    assert moves.var() == pytest.approx(1, abs=0.05)
    explained = np.corrcoef(told(signal, moves, other), moves[1:])[0, 1] ** 2
    if signal in (Signal.NONE, Signal.CLUSTERS):
        assert explained < 0.001
    elif signal is Signal.REGIME:
        assert 0.3 * EXPLAINED < explained < EXPLAINED
    else:
        assert explained == pytest.approx(EXPLAINED, abs=0.008)
    large = np.corrcoef(np.abs(moves[1:]), np.abs(moves[:-1]))[0, 1]
    assert (large > 0.1) == (signal is Signal.CLUSTERS)


def test_the_same_seed_makes_the_same_walk() -> None:
    one, other = (made_walk(50, 3, Signal.LEAD) for _ in range(2))
    assert np.array_equal(one, other)
    assert not np.array_equal(one, made_walk(50, 4, Signal.LEAD))
