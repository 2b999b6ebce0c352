"""The values of one step, as a list of expressions in which forward and backward passes are written alike.

A cell's graph says what a step means. Here the same step is said in terms of memory: what is loaded, what is computed
unit by unit, and what needs a whole row at once (products, norms, totals, coins).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = [
    "Apply",
    "Arena",
    "Coins",
    "Deviation",
    "Load",
    "Normalise",
    "NormaliseBack",
    "Number",
    "Place",
    "Product",
    "Slot",
    "Term",
    "Total",
    "Value",
]


class Place(Enum):
    """How a slot's memory is addressed; a token is one step of one row."""

    TOKEN = "one row per token"
    PREVIOUS = "one row per token, read at the step before"
    ROW = "one row per sequence, for this step alone"
    GIVEN = "one row per sequence, from the step done before"
    HANDED = "one row per sequence, for the step done next"
    SHARED = "one row for all"
    PARTIAL = "a few rows per thread, summed at the end"


@dataclass(frozen=True)
class Slot:
    """A named piece of memory that holds rows of ``width`` numbers."""

    name: str
    width: int
    place: Place


@dataclass(frozen=True)
class Load:
    """What lies in a slot."""

    slot: Slot

    @property
    def width(self) -> int:
        return self.slot.width


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float
    width: int = 1


@dataclass(frozen=True)
class Apply:
    """An operation unit by unit; an operand of width 1 is spread over all units."""

    operation: str
    operands: tuple[int, ...]
    width: int


@dataclass(frozen=True)
class Term:
    """An operand and the parameter that it is multiplied with, W · v, or Wᵀ · v when ``transposed``."""

    operand: int
    matrix: str
    transposed: bool = False


@dataclass(frozen=True)
class Product:
    """start + Σ of the terms; each matrix has ``blocks`` blocks on its diagonal."""

    terms: tuple[Term, ...]
    start: int | None
    width: int
    blocks: int

    @property
    def operands(self) -> tuple[int, ...]:
        return tuple(term.operand for term in self.terms)


@dataclass(frozen=True)
class Normalise:
    """x̂ = (v − mean) / deviation within each group ("layer"), or v / deviation ("rms")."""

    operands: tuple[int]
    width: int
    kind: str
    groups: int


@dataclass(frozen=True)
class Deviation:
    """1 / deviation of each group of a ``Normalise``."""

    operands: tuple[int]
    width: int


@dataclass(frozen=True)
class NormaliseBack:
    """The gradient of v from (that of x̂, x̂, 1 / deviation)."""

    operands: tuple[int, int, int]
    width: int
    kind: str
    groups: int


@dataclass(frozen=True)
class Total:
    """The sum over the units."""

    operands: tuple[int]
    width: int = 1


@dataclass(frozen=True)
class Coins:
    """Independent coins, drawn anew wherever they are needed: they are a function of their address."""

    name: str
    p: float
    per: str
    width: int
    operands: tuple[int, ...] = ()


Value = Load | Number | Apply | Product | Normalise | Deviation | NormaliseBack | Total | Coins


class Arena:
    """Values in an order in which each reads only earlier ones; equal values are one."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self._places: dict[Value, int] = {}

    def add(self, value: Value) -> int:
        """The position of ``value``, which is new or there already."""
        if value not in self._places:
            self._places[value] = len(self.values)
            self.values.append(value)
        return self._places[value]

    def number(self, value: float) -> int:
        """A constant."""
        return self.add(Number(value))

    def width(self, position: int) -> int:
        """The width of a value."""
        return self.values[position].width

    def apply(self, operation: str, *operands: int) -> int:
        """An operation unit by unit, simplified where an operand is 0 or 1."""
        width = max(self.width(k) for k in operands)
        if len(operands) == 2:
            known = [value.value if isinstance(value := self.values[k], Number) else None for k in operands]
            for mine, other in ((0, 1), (1, 0)):
                keeps_width = self.width(operands[other]) == width
                match operation, mine, known[mine]:
                    case ("add", _, 0.0) | ("subtract" | "divide", 1, 0.0 | 1.0) | ("multiply", _, 1.0) if keeps_width:
                        if (operation, known[mine]) not in (("subtract", 1.0), ("divide", 0.0)):
                            return operands[other]
                    case _:
                        pass
        return self.add(Apply(operation, operands, width))

    def sum(self, positions: list[int]) -> int | None:
        """The sum of several values, or None for none."""
        total: int | None = None
        for position in positions:
            total = position if total is None else self.apply("add", total, position)
        return total
