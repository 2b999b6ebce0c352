"""Which labels say that there is none: NA, None, a dash; and where such a word is a class after all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from seqloom.data.tables.columns import missing, missing_value

__all__ = ["has_word", "is_no_label", "labels_like_nothing"]

_FREQUENT: Final = 0.2
"""The share of the rows from which on a word for nothing is a class."""


def labels_like_nothing(values: Mapping[str, int]) -> tuple[str, ...]:
    """The labels, of those that are counted, that look like nothing and are classes: words in more than a fifth of the
    rows, and signs beside other signs.

    >>> labels_like_nothing({"mild": 6, "None": 3, "NA": 1}), labels_like_nothing({"+": 9, "-": 1})
    (('None',), ('-',))
    """
    filled = sum(values.values())
    found = [value for value in values if not missing(value) and missing_value(value)]
    others = [value for value in values if not missing_value(value)]
    signs = bool(others) and not any(has_word(value) for value in others)
    return tuple(value for value in found if values[value] > _FREQUENT * filled or (signs and not has_word(value)))


def is_no_label(cell: str, kept: tuple[str, ...]) -> bool:
    """Whether a cell has no label; ``kept`` are those that look so and are some.

    >>> is_no_label("n/a", ()), is_no_label("None", ("None",))
    (True, False)
    """
    return missing_value(cell) and cell.strip() not in kept


def has_word(value: str) -> bool:
    """Whether a label has a letter or a digit, and is no sign.

    >>> has_word("None"), has_word("-")
    (True, False)
    """
    return any(map(str.isalnum, value))
