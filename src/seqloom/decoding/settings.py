"""How text is drawn, as one value: what the filters are, and which random stream each row has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqloom.decoding.filters import Filter, Forbid, RepetitionPenalty, Temperature, TopK, TopP
from seqloom.errors import UsageError

__all__ = ["Sampling", "seed_of_row"]

_SHIFT = 64 - 53


@dataclass(frozen=True)
class Sampling:
    """The options of drawing; temperature 0 takes the likeliest token. The values are checked by :meth:`filters`.

    >>> Sampling(temperature=0.8, top_k=40).filters(forbidden=[1])
    [Forbid(tokens=(1,)), RepetitionPenalty(penalty=1.0), Temperature(value=0.8), TopK(k=40)]
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    repetition_penalty: float = 1.0
    seed: int = 0

    def filters(self, forbidden: Sequence[int]) -> list[Filter]:
        """The filters in their order: what may not come, the penalty, the temperature, then the truncations.

        Raises UsageError for a value out of range.
        """
        filters: list[Filter] = [Forbid(tuple(forbidden))]
        filters += [RepetitionPenalty(self.repetition_penalty), Temperature(self.temperature)]
        filters += [TopK(self.top_k)] if self.top_k is not None else []
        filters += [TopP(self.top_p)] if self.top_p is not None else []
        return filters


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
