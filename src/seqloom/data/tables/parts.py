"""Rows that are divided already: a column says which are to learn from, to judge by while learning, and to test."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["Part", "part_of"]


class Part(StrEnum):
    """What a row is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


_NAMES: Final = {
    Part.TRAIN: ("train", "training", "trn", "learn"),
    Part.VALIDATION: ("validation", "valid", "val", "dev", "devel", "development"),
    Part.TEST: ("test", "testing", "tst", "eval", "evaluation", "holdout"),
}
_BY_NAME: Final = {name: part for part, names in _NAMES.items() for name in names}


def part_of(cell: str) -> Part | None:
    """The part that a cell names, None where it names none.

    >>> part_of(" Dev"), part_of("7")
    (<Part.VALIDATION: 'validation'>, None)
    """
    return _BY_NAME.get(cell.strip().lower())
