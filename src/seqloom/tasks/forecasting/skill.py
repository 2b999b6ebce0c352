"""Whether forecasts are better than naive ones by more than the accidents of a few weeks explain."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.tasks.measures.intervals import Difference

__all__ = ["Skill", "as_good", "difference_by_blocks", "skill_in_words"]

Floats = NDArray[np.float64]
_DRAWS: Final = 1000
_FEWEST_BLOCKS: Final = 5
_NOTHING: Final = 1e-6
"""A share of the error that float32 rounds away: where a model is a naive forecast but for that, it has no skill."""


class Skill(NamedTuple):
    """The error of a model less that of its ``rival``, as a share of the rival's."""

    rival: str
    difference: Difference
    blocks: int


def difference_by_blocks(errors: Floats, rival: Floats, block: int, seed: int = 0) -> tuple[Difference, int]:
    """(mean of errors - mean of the rival's) / mean of the rival's, of errors (N,) in the order of time, with its 95 %
    interval by a bootstrap over blocks of origins, and how many blocks there are.

    Neighbouring origins share what comes after them, so they are drawn together: blocks of ``block`` that begin
    anywhere, the last going on at the begin (circular; Politis & Romano, 1992).

    >>> found, blocks = difference_by_blocks(np.full(100, 0.9), np.ones(100), block=10)
    >>> round(found.value, 3), round(found.low, 3), blocks
    (-0.1, -0.1, 10)
    """
    count = len(errors)
    block = min(block, count)
    draw = np.random.default_rng(seed)
    sums = [np.concatenate([[0.0], np.concatenate([part, part[:block]]).cumsum()]) for part in (errors, rival)]
    blocks = -(-count // block)
    begins = draw.integers(count, size=(_DRAWS, blocks))
    own, other = ((one[begins + block] - one[begins]).sum(1) for one in sums)
    low, high = np.percentile((own - other) / np.maximum(other, 1e-300), [2.5, 97.5])
    value = (errors.sum() - rival.sum()) / max(float(rival.sum()), 1e-300)
    return Difference(float(value), float(low), float(high)), count // block


def as_good(errors: Floats, best: int, block: int) -> NDArray[np.bool_]:
    """Which of some choices, with errors (C, N) in the order of time, are above the ``best`` one by no more than one
    standard error of the mean difference, blocks of ``block`` origins counting as one (the rule of one standard error;
    Breiman et al., 1984, "Classification and Regression Trees", sec. 3.4.3). Of fewer than two blocks nothing is told:
    those that are no worse.

    >>> as_good(np.array([[2.0, 0.0, 2.0, 0.0], [3.0, 3.0, 3.0, 3.0], [0.0, 1.0, 0.0, 1.0]]), best=2, block=1).tolist()
    [True, False, True]
    """
    more = errors - errors[best]
    count = more.shape[1] // block
    if count < 2:
        found: NDArray[np.bool_] = more.mean(1) <= 0
        return found
    blocks = more[:, more.shape[1] - count * block :].reshape(len(more), count, block).mean(2)
    within: NDArray[np.bool_] = blocks.mean(1) <= blocks.std(1, ddof=1) / np.sqrt(count)
    return within


def skill_in_words(skill: Skill) -> str:
    """The verdict, in a sentence.

    >>> print(skill_in_words(Skill("last value", Difference(-0.12, -0.15, -0.09), 40)))
    Skill over the last value: the error is 12.0 % lower (95 %: 9.0 to 15.0 % lower).
    >>> print(skill_in_words(Skill("last season", Difference(-0.02, -0.06, 0.02), 40)))
    No skill over the last season: the error is 2.0 % lower (95 %: 6.0 % lower to 2.0 % higher).
    >>> print(skill_in_words(Skill("drift", Difference(0.2, 0.1, 0.3), 40)))
    Worse than the drift: the error is 20.0 % higher (95 %: 10.0 to 30.0 % higher).
    """
    rival, (value, low, high), blocks = skill
    if blocks < _FEWEST_BLOCKS:
        return f"Too few forecasts that do not overlap to tell of skill over the {rival}: the error is {_share(value)}."
    interval = f"the error is {_share(value)} (95 %: {_between(low, high)})."
    if high < -_NOTHING:
        return f"Skill over the {rival}: {interval}"
    return f"Worse than the {rival}: {interval}" if low > _NOTHING else f"No skill over the {rival}: {interval}"


def _share(value: float) -> str:
    return f"{abs(value):.1%} {'lower' if value < 0 else 'higher'}".replace("%", " %")


def _between(low: float, high: float) -> str:
    if (low < 0) != (high < 0):
        return f"{_share(low)} to {_share(high)}"
    near, far = sorted((abs(low), abs(high)))
    return f"{near:.1%} to {_share(-far if low < 0 else far)}".replace("%", "").replace("  ", " % ", 1)
