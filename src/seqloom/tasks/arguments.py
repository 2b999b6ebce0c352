"""Arguments of methods, checked one at a time."""

from __future__ import annotations

from seqloom.settings import Range, Whole, take

__all__ = ["whole_number"]


def whole_number(name: str, value: object, least: int) -> int:
    """``value`` as an int, or a UsageError that names the argument.

    >>> import numpy as np
    >>> whole_number("length", np.int32(3), 0)
    3
    >>> whole_number("length", 2.5, 0)
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: length: expected a whole number of at least 0, got 2.5.
    """
    number: int = take(name, Whole(Range(least=least)), value)
    return number
