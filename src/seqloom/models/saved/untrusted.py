"""A value in plain data that may come from anyone, with where it stands there."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from seqloom.errors import ModelFileError

__all__ = ["LARGEST_SIZE", "MOST_ITEMS", "Untrusted"]

LARGEST_SIZE = 1 << 20
MOST_ITEMS = 64


@dataclass(frozen=True)
class Untrusted:
    """``value`` stands at ``path``; each method returns it as what it is asked for, or raises ModelFileError.

    >>> Untrusted({"width": 3}, "model").fields({"width"})["width"].whole()
    3
    >>> Untrusted([0.5], "model.widths").items()[0].whole()
    Traceback (most recent call last):
    ...
    seqloom.errors.ModelFileError: config.json: model.widths[0] should be a whole number from 1 to 1048576, found 0.5.
    """

    value: Any
    path: str

    def fail(self, expected: str) -> NoReturn:
        raise ModelFileError(f"config.json: {self.path} should be {expected}, found {reprlib.repr(self.value)}.")

    def fields(self, names: Collection[str]) -> dict[str, Untrusted]:
        """The parts of an object that has these and no others."""
        if not isinstance(self.value, dict) or self.value.keys() != set(names):
            self.fail(f"an object of {', '.join(sorted(names))}")
        return {name: Untrusted(self.value[name], f"{self.path}.{name}") for name in names}

    def items(self, most: int = MOST_ITEMS) -> list[Untrusted]:
        """The parts of a list."""
        if not isinstance(self.value, list) or not 1 <= len(self.value) <= most:
            self.fail(f"a list of 1 to {most}")
        return [Untrusted(value, f"{self.path}[{k}]") for k, value in enumerate(self.value)]

    def whole(self) -> int:
        """A size or a count."""
        if type(self.value) is not int or not 1 <= self.value <= LARGEST_SIZE:
            self.fail(f"a whole number from 1 to {LARGEST_SIZE}")
        return self.value

    def number(self) -> float:
        """A finite number."""
        if type(self.value) not in (int, float) or not math.isfinite(self.value):
            self.fail("a number")
        return float(self.value)

    def flag(self) -> bool:
        """True or false."""
        if type(self.value) is not bool:
            self.fail("true or false")
        return self.value

    def text(self) -> str:
        """Some text."""
        if not isinstance(self.value, str):
            self.fail("text")
        return self.value
