"""The seed of each text."""

from __future__ import annotations

import numpy as np

from seqloom.errors import UsageError

__all__ = ["seed_of_row"]

_SHIFT = 64 - 53


def seed_of_row(seed: int, row: int) -> int:
    """The seed of one of many texts drawn with ``seed``: row 0 has ``seed`` itself, the others mix both into 53 bits.

    So ``seed`` and ``seed + 1`` share no row, and a row can be drawn alone again. Mixed by numpy's SeedSequence, which
    is the same in all its versions; 53 bits are whole numbers in JSON everywhere. Raises UsageError for a seed that is
    below 0 or not below 2^64.

    >>> seed_of_row(7, 0), seed_of_row(7, 1)
    (7, 1973877946906281)
    """
    if not 0 <= seed < 2**64:
        raise UsageError(f"seed: expected a whole number of at least 0 and below 2^64, got {seed!r}.")
    if row == 0:
        return seed
    return int(np.random.SeedSequence(seed, spawn_key=(row,)).generate_state(1, np.uint64)[0]) >> _SHIFT
