"""The kinds of values that a setting may take. Each reads a flag's text or a TOML value, or says what it expected."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from seqloom.errors import did_you_mean

__all__ = ["LARGEST", "Choice", "Kind", "Number", "ShareOrFile", "Switch", "Text", "Whole", "WholeOr"]

LARGEST = 2**63 - 1
"""The largest whole number that a tensor holds."""


class Kind(Protocol):
    """A reader of one kind of value; ``metavar`` stands for the value in the help."""

    @property
    def metavar(self) -> str: ...

    def read(self, value: object) -> object:
        """Return the value, or raise ``ValueError`` saying what was expected and what came."""
        ...


@dataclass(frozen=True)
class Text:
    """Any text that is not empty."""

    metavar: str = "TEXT"

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"expected text, got {value!r}.")
        return value


@dataclass(frozen=True)
class Whole:
    """A whole number of at least ``least``.

    >>> Whole(1).read("32")
    32
    >>> Whole(1).read("0")
    Traceback (most recent call last):
    ValueError: expected a whole number of at least 1, got '0'.
    """

    least: int = 1
    metavar: str = "INT"

    def read(self, value: object) -> int:
        number = _whole(value)
        if number is None or number < self.least:
            raise ValueError(f"expected a whole number of at least {self.least}, got {value!r}.")
        return number


@dataclass(frozen=True)
class Number:
    """A finite number in [``least``, ``most``), or in (``least``, ``most``) when ``above``.

    >>> Number(0.0, 1.0).read("0.5")
    0.5
    """

    least: float = 0.0
    most: float = math.inf
    above: bool = False
    metavar: str = "NUMBER"

    def read(self, value: object) -> float:
        try:
            number = float(value) if isinstance(value, int | float | str) else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        good = math.isfinite(number) and self.least <= number < self.most and not isinstance(value, bool)
        if not good or (self.above and number == self.least):
            words = f"{'above' if self.above else 'of at least'} {self.least:g}"
            under = "" if math.isinf(self.most) else f" and below {self.most:g}"
            raise ValueError(f"expected a number {words}{under}, got {value!r}.")
        return number


@dataclass(frozen=True)
class Choice:
    """One of a few words.

    >>> Choice("adamw", "sgd").read("adamv")
    Traceback (most recent call last):
    ValueError: expected one of adamw, sgd; got 'adamv'. Did you mean 'adamw'?
    """

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)

    @property
    def metavar(self) -> str:
        return "|".join(self.words)

    def read(self, value: object) -> str:
        if value not in self.words:
            guess = did_you_mean(str(value), self.words)
            raise ValueError(f"expected one of {', '.join(self.words)}; got {value!r}.{guess}")
        return str(value)


@dataclass(frozen=True)
class WholeOr:
    """A whole number, or one word.

    >>> WholeOr(1, "one-hot").read("one-hot"), WholeOr(1, "one-hot").read(64)
    ('one-hot', 64)
    """

    least: int
    word: str

    @property
    def metavar(self) -> str:
        return f"INT|{self.word}"

    def read(self, value: object) -> int | str:
        if value == self.word:
            return self.word
        number = _whole(value)
        if number is None or number < self.least:
            guess = did_you_mean(str(value), [self.word])
            expected = f"a whole number of at least {self.least} or {self.word!r}"
            raise ValueError(f"expected {expected}, got {value!r}.{guess}")
        return number


@dataclass(frozen=True)
class ShareOrFile:
    """A share from 0 to below 1, or the path of a file.

    >>> ShareOrFile().read("0.2"), ShareOrFile().read("held_out.txt")
    (0.2, 'held_out.txt')
    """

    metavar: str = "SHARE|FILE"

    def read(self, value: object) -> float | str:
        try:
            number = float(value) if isinstance(value, int | float | str) else math.nan
        except (ValueError, OverflowError):
            return Text().read(value)
        if isinstance(value, bool) or not 0 <= number < 1:
            raise ValueError(f"expected a share from 0 to below 1, or a file, got {value!r}.")
        return number


@dataclass(frozen=True)
class Switch:
    """Yes or no: a flag and its ``--no-`` twin, true or false in TOML."""

    metavar: str = ""

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError(f"expected true or false, got {value!r}.")
        return value


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        number = int(value)
    except ValueError:
        return None
    return number if abs(number) <= LARGEST else None
