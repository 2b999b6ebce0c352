"""Words drawn from lists, and names drawn from syllables, so that new ones never end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

__all__ = ["made_name", "some", "words"]


def words(text: str) -> tuple[str, ...]:
    """The words of a line."""
    return tuple(text.split())


_FIRST: Final = words("Bar Cor Dal El Far Gren Hal Is Jor Kel Lan Mor Nor Os Pel Ros Sal Tor Ul Ver Wen Zan")
_MIDDLE: Final = words("a e i o an el ir en or is")
_LAST: Final = words("d den ra n lin mo sk son ter th via ke na")


def some(draw: np.random.Generator, words: Sequence[str]) -> str:
    """One of the words."""
    return words[int(draw.integers(len(words)))]


def made_name(draw: np.random.Generator) -> str:
    """A name that nobody has, of two or three syllables.

    >>> made_name(np.random.default_rng(1))
    'Salelna'
    """
    middle = "".join(some(draw, _MIDDLE) for _ in range(int(draw.integers(1, 3))))
    return f"{some(draw, _FIRST)}{middle}{some(draw, _LAST)}"
