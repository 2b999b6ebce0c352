"""Small problems on symbols, one answer a row: x (B, T, K + 1), one-hot with a channel of marks, and y (B,)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["SYMBOLS", "Problem", "last_step", "latest", "majority", "nothing", "order", "pair", "recall"]

SYMBOLS = 4
Rows = tuple[NDArray[np.float32], NDArray[np.int64]]
Problem = Callable[[np.random.Generator, int, int], Rows]
"""(random numbers, rows, steps) → x and y."""


def recall(lag: int) -> Problem:
    """The last symbol that is marked, which stands ``lag`` steps back, give or take two; others are marked before."""

    def draw(rng: np.random.Generator, rows: int, steps: int) -> Rows:
        symbols = rng.integers(SYMBOLS, size=(rows, steps))
        at = np.clip(steps - 1 - lag + rng.integers(-2, 3, size=rows), 0, steps - 1)
        marks = (np.arange(steps) < at[:, None]) & (rng.random((rows, steps)) < 0.3)
        marks[np.arange(rows), at] = True
        return _inputs(symbols, marks), symbols[np.arange(rows), at]

    return draw


def latest(chance: float) -> Problem:
    """The last symbol that is marked, of a stream in which each is with a ``chance``; rows are the stream's last steps,
    so that what was marked last may lie before them."""

    def draw(rng: np.random.Generator, rows: int, steps: int) -> Rows:
        whole = steps + round(8 / chance)
        symbols, marks = rng.integers(SYMBOLS, size=(rows, whole)), rng.random((rows, whole)) < chance
        marks[:, 0] = True
        at = whole - 1 - np.argmax(marks[:, ::-1], 1)
        return _inputs(symbols[:, -steps:], marks[:, -steps:]), symbols[np.arange(rows), at]

    return draw


def order(rng: np.random.Generator, rows: int, steps: int) -> Rows:
    """Which of two symbols came in the first third of the steps, and which in the second: four answers."""
    symbols, answers = 2 + rng.integers(2, size=(rows, steps)), rng.integers(2, size=(rows, 2))
    for number, answer in enumerate(answers.T):
        symbols[np.arange(rows), number * (steps // 3) + rng.integers(steps // 3, size=rows)] = answer
    return _inputs(symbols, np.zeros((rows, steps), bool)), answers[:, 0] * 2 + answers[:, 1]


def pair(rng: np.random.Generator, rows: int, steps: int) -> Rows:
    """The last symbol plus the one before it, modulo their number."""
    symbols = rng.integers(SYMBOLS, size=(rows, steps))
    return _inputs(symbols, np.zeros((rows, steps), bool)), (symbols[:, -1] + symbols[:, -2]) % SYMBOLS


def majority(rng: np.random.Generator, rows: int, steps: int) -> Rows:
    """The symbol that came most often: the order of steps carries nothing."""
    likely = rng.dirichlet(np.full(SYMBOLS, 2.0), size=rows).cumsum(1)
    symbols = (rng.random((rows, steps, 1)) > likely[:, None]).sum(2).clip(0, SYMBOLS - 1)
    counts = (symbols[..., None] == np.arange(SYMBOLS)).sum(1)
    return _inputs(symbols, np.zeros((rows, steps), bool)), counts.argmax(1)


def last_step(noise: float) -> Problem:
    """The largest of the last step's numbers, each with ``noise`` added: no past is needed."""

    def draw(rng: np.random.Generator, rows: int, steps: int) -> Rows:
        x = rng.normal(size=(rows, steps, SYMBOLS + 1)).astype(np.float32)
        return x, (x[:, -1, :SYMBOLS] + noise * rng.normal(size=(rows, SYMBOLS))).argmax(1)

    return draw


def nothing(rng: np.random.Generator, rows: int, steps: int) -> Rows:
    """Answers that belong to other rows."""
    return rng.normal(size=(rows, steps, SYMBOLS + 1)).astype(np.float32), rng.integers(SYMBOLS, size=rows)


def _inputs(symbols: NDArray[np.int64], marks: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.concatenate([np.eye(SYMBOLS)[symbols], marks[..., None]], 2).astype(np.float32)
