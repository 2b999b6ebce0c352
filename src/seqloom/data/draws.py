"""Random orders for several purposes from one seed, none of which tells anything of another."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Purpose", "drawn_order", "generator"]


class Purpose(IntEnum):
    """What random numbers are for. The numbers are part of what a run was begun with: they never change."""

    EPOCH = 1
    DEALING = 2
    PART = 3
    BATCHES = 4
    HELD_OUT = 5
    MADE = 6
    TRANSPOSING = 7


def generator(seed: int, purpose: Purpose, number: int = 0) -> np.random.Generator:
    """Return random numbers that are a function of all three arguments.

    >>> seed = 7
    >>> first = {int(generator(seed, purpose, n).integers(1 << 60)) for purpose in Purpose for n in range(4)}
    >>> len(first) == 4 * len(Purpose)
    True
    """
    return np.random.default_rng((seed, purpose, number))


def drawn_order(count: int, seed: int, purpose: Purpose, number: int = 0) -> NDArray[np.int32]:
    """A permutation of ``count`` things, a function of the other arguments.

    >>> sorted(drawn_order(4, 7, Purpose.EPOCH).tolist())
    [0, 1, 2, 3]
    """
    order = np.arange(count, dtype=np.int32)
    generator(seed, purpose, number).shuffle(order)
    return order
