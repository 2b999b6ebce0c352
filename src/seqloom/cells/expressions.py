"""The right sides of equations as trees, and as text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

__all__ = ["Applied", "Columns", "Expression", "Map", "Normed", "Number", "Quantity", "Role", "bare"]

SIGNS = {"add": " + ", "subtract": " - ", "multiply": " * ", "divide": " / "}


class Role(Enum):
    """What a name stands for."""

    INPUT = "x of this step"
    BEFORE = "a state as the previous step left it"
    AFTER = "a state as this step leaves it"
    OUTPUT = "y of this step"
    VALUE = "a value of this step, or a map or norm"
    VECTOR = "a learned vector, or coins"


@dataclass(frozen=True)
class Quantity:
    """Something that has a name."""

    name: str
    role: Role

    @property
    def text(self) -> str:
        """The name, with a stroke where it is of a new state."""
        return f"{self.name}'" if self.role is Role.AFTER else self.name


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float

    @property
    def text(self) -> str:
        """Six digits."""
        return f"{self.value:g}"


@dataclass(frozen=True)
class Columns:
    """Columns of x, from ``start`` to below ``stop``."""

    start: int
    stop: int

    @property
    def text(self) -> str:
        """As a slice."""
        return f"x[{self.start}:{self.stop}]"


@dataclass(frozen=True)
class Applied:
    """An arithmetic operation or function, unit by unit."""

    operation: str
    operands: tuple[Expression, ...]

    @cached_property
    def text(self) -> str:
        """Brackets stand around each operation of two values."""
        operands = [operand.text for operand in self.operands]
        if self.operation in SIGNS:
            return f"({SIGNS[self.operation].join(operands)})"
        if self.operation == "negative":
            return f"-{operands[0]}"
        return f"{self.operation}({', '.join(map(bare, operands))})"


@dataclass(frozen=True)
class Map:
    """Σ_k W_k · operand_k + b, with the parameters of ``name``."""

    name: str
    operands: tuple[Expression, ...]
    bias: bool

    @cached_property
    def text(self) -> str:
        """Each matrix by its name and number."""
        terms = [f"W_{self.name}_{k} {operand.text}" for k, operand in enumerate(self.operands)]
        return " + ".join([*terms, f"b_{self.name}"] if self.bias else terms)


@dataclass(frozen=True)
class Normed:
    """A normalisation, with the parameters of ``name``."""

    name: str
    kind: str
    operand: Expression

    @cached_property
    def text(self) -> str:
        """As a function."""
        return f"{self.kind}_norm({self.operand.text})"


Expression = Quantity | Number | Columns | Applied | Map | Normed


def bare(text: str) -> str:
    """``text`` without the brackets that surround all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and position < len(text) - 1:
            return text
    return text[1:-1]
