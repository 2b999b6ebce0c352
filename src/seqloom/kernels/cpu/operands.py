"""How an operation finds its operands: a few words in memory for each slot.

The words are the base address, which of the step's offsets applies, the bytes from one offset to the next, and the
bytes from one row to the next. So the same code reads tokens, states of the step before, rows and shared vectors.
"""

from __future__ import annotations

from typing import NamedTuple

from seqloom.kernels.cpu.emit import Code
from seqloom.kernels.cpu.typed import Integer
from seqloom.kernels.plan import Place

__all__ = ["FACTOR_WORDS", "FIRST_LIVE", "MAXIMUM_LIVE", "OFFSETS", "PARTS", "TIME", "WORDS", "Rows", "rows_at"]

WORDS = 4
FACTOR_WORDS = WORDS + 2
OFFSETS = {
    Place.ROW: 0,
    Place.SHARED: 0,
    Place.TOKEN: 1,
    Place.PREVIOUS: 2,
    Place.GIVEN: 3,
    Place.HANDED: 4,
    Place.PARTIAL: 5,
}
"""Which of the step's offsets a place is counted by; the first is always 0, the sixth that of its sums."""

PARTS = 64
"""Each thread has this many sums over tokens, which steps take in turn: errors grow with the terms of one sum."""

TIME = len(OFFSETS) - 1
"""The offset after these is the step's own number."""
FIRST_LIVE = TIME + 1
MAXIMUM_LIVE = 256
"""Then come live addresses: of tensors that are others at every call, so that a table need not be written again."""


class Rows(NamedTuple):
    """The address of row 0 at this step, and the bytes from row to row."""

    first: Integer
    stride: Integer


def rows_at(code: Code, words: Integer, offsets: Integer) -> Rows:
    """Where the rows lie whose words are at ``words``."""
    base, which, step, stride = (code.load_integer(words + 8 * k) for k in range(WORDS))
    return Rows(base + code.load_integer(offsets + which * 8) * step, stride)
