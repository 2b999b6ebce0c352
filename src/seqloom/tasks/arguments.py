"""Arguments of methods, checked one at a time."""

from __future__ import annotations

from seqloom.errors import UsageError
from seqloom.settings import Range, Whole, take

__all__ = ["refuse_answers", "whole_number"]


def refuse_answers(y: object) -> None:
    """Raise UsageError unless ``y`` is None, where the data hold all that there is to learn."""
    if y is not None:
        raise UsageError(
            "y: expected None, for the data themselves say what is right. "
            "What is to be held out is given by its name: validation=…."
        )


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
