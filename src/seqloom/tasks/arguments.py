"""Arguments of methods, checked one at a time."""

from __future__ import annotations

import operator

from seqloom.errors import UsageError

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
    try:
        number = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or number < least:
        raise UsageError(f"{name}: expected a whole number of at least {least}, got {value!r}.")
    return number
