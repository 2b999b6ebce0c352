"""The kinds of values that a setting may take: how each is read from text, checked, and named in an error."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

from seqloom.errors import did_you_mean
from seqloom.settings.range import Range

__all__ = ["LARGEST", "Either", "Kind", "Number", "OneOf", "Switch", "Text", "Whole"]

LARGEST = 2**63 - 1
"""The largest whole number that a tensor holds."""


class Kind:
    """One kind of value; ``metavar`` stands for it in the help, ``expected`` (alternatives) in an error."""

    @property
    def metavar(self) -> str:
        raise NotImplementedError

    @property
    def expected(self) -> Sequence[str]:
        raise NotImplementedError

    def parse(self, text: str) -> object:
        """What a flag's text says, or the text itself where it says no such value; never an error."""
        return text

    def take(self, value: object) -> object:
        """The value in its final type, or a ``ValueError`` whose words, if any, are a hint to the user."""
        raise NotImplementedError


class Text(Kind):
    """Any text that is not empty."""

    metavar = "TEXT"
    expected = ("text",)

    def take(self, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ValueError
        return value


class Switch(Kind):
    """Yes or no: a flag and its ``--no-`` twin, true or false in TOML."""

    metavar = ""
    expected = ("true", "false")

    def take(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value


@dataclass(frozen=True)
class _InRange(Kind):
    range: Range = Range()


class Whole(_InRange):
    """A whole number in a range, of Python or of numpy; True and False are none.

    >>> Whole().parse("32"), Whole().take(32)
    (32, 32)
    """

    metavar = "INT"

    @property
    def expected(self) -> Sequence[str]:
        return (f"a whole number {self.range}".rstrip(),)

    def parse(self, text: str) -> int | str:
        try:
            return int(text)
        except ValueError:
            return text

    def take(self, value: object) -> int:
        try:
            number = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
        except TypeError:
            number = None
        if number is None or number not in self.range:
            raise ValueError
        if abs(number) > LARGEST:
            raise ValueError(" The largest is 2^63 - 1.")
        return number


class Number(_InRange):
    """A finite number in a range, of Python or of numpy. What is 1 stays 1: it is written so in files.

    >>> Number().parse("0.5"), Number().take(1)
    (0.5, 1)
    """

    metavar = "NUMBER"

    @property
    def expected(self) -> Sequence[str]:
        return (f"a number {self.range}".rstrip(),)

    def parse(self, text: str) -> float | str:
        try:
            return float(text)
        except ValueError:
            return text

    def take(self, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | Real):
            raise ValueError
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if number not in self.range:
            raise ValueError
        return value if isinstance(value, int) else number


@dataclass(frozen=True)
class OneOf(Kind):
    """One of a few words; the members of a ``StrEnum`` are words too, and what is taken is a member.

    >>> OneOf(("adamw", "sgd")).take("adamv")
    Traceback (most recent call last):
    ValueError:  Did you mean 'adamw'?
    """

    words: Sequence[str]

    @property
    def metavar(self) -> str:
        return "|".join(self.words)

    @property
    def expected(self) -> Sequence[str]:
        return (f"one of {', '.join(self.words)}" if len(self.words) > 1 else repr(str(self.words[0])),)

    def take(self, value: object) -> str:
        for word in self.words:
            if isinstance(value, str) and value == word:
                return word
        raise ValueError(did_you_mean(str(value), list(map(str, self.words))))


@dataclass(frozen=True)
class Either(Kind):
    """What one of several kinds takes; the first that does has it.

    >>> kind = Either((Whole(), OneOf(("one-hot",))))
    >>> kind.metavar, kind.parse("64"), kind.parse("one-hot"), kind.expected
    ('INT|one-hot', 64, 'one-hot', ('a whole number', "'one-hot'"))
    """

    kinds: Sequence[Kind]

    @property
    def metavar(self) -> str:
        return "|".join(kind.metavar for kind in self.kinds)

    @property
    def expected(self) -> Sequence[str]:
        return tuple(words for kind in self.kinds for words in kind.expected)

    def parse(self, text: str) -> object:
        for kind in self.kinds:
            try:
                kind.take(value := kind.parse(text))
            except ValueError:
                continue
            return value
        return text

    def take(self, value: object) -> object:
        hint = ""
        for kind in self.kinds:
            try:
                return kind.take(value)
            except ValueError as error:
                hint = hint or str(error)
        raise ValueError(hint)
