"""Philox-4x32-10 in compiled code: the same words as ``random_bits``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seqloom.kernels.random_bits import MULTIPLIERS, ROUNDS, WEYL, WORD

__all__ = ["write_philox"]

Words = tuple[Any, Any, Any, Any]


def write_philox(builder: Any, counter: Words, key: tuple[Any, Any], whole: Callable[[int], Any]) -> Words:
    """Four 32-bit words, in 64-bit integers or vectors of them; ``whole(k)`` is the constant k of their type."""
    word, shift = whole(WORD), whole(32)
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        first, second = builder.mul(c0, whole(MULTIPLIERS[0])), builder.mul(c2, whole(MULTIPLIERS[1]))
        c0, c1, c2, c3 = (
            builder.xor(builder.xor(builder.lshr(second, shift), c1), k0),
            builder.and_(second, word),
            builder.xor(builder.xor(builder.lshr(first, shift), c3), k1),
            builder.and_(first, word),
        )
        k0 = builder.and_(builder.add(k0, whole(WEYL[0])), word)
        k1 = builder.and_(builder.add(k1, whole(WEYL[1])), word)
    return c0, c1, c2, c3
