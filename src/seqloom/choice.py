"""Options that are one of a few words."""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn

from seqloom.errors import UsageError, did_you_mean

__all__ = ["Choice"]


class Choice(StrEnum):
    """Words to choose from; another one raises UsageError, which names them all.

    >>> class Direction(Choice):
    ...     LEFT = "left"
    ...     RIGHT = "right"
    >>> Direction("rigth")
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: Direction is left or right; got 'rigth'. Did you mean 'right'?
    """

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        words = [choice.value for choice in cls]
        listed = " or ".join([", ".join(words[:-1]), words[-1]])
        raise UsageError(f"{cls.__name__} is {listed}; got {value!r}.{did_you_mean(str(value), words)}")
