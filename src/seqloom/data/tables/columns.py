"""What a column is (text, category, number, date), decided over all of its cells while they stream by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Generic, TypeVar, final

from seqloom.data.tables.dates import Order, date, orders
from seqloom.data.tables.numerals import Decimal, number, readings

__all__ = ["DISTINCT", "Column", "Kind", "Profile", "Readings", "missing", "missing_value"]

_NULLS: Final = frozenset(("NaN", "nan", "NULL", "#N/A", "#NA", "<NA>", "#VALUE!", "#REF!", "#DIV/0!"))
_NO_NUMBERS: Final = _NULLS | {"NA", "N/A", "n/a", "na", "null", "None", "none", "NONE", "-", "--", "–", "?", "."}
_MOST: Final = 0.95
"""The share of cells that make a column one of numbers; the others are then faults."""
_TRIED: Final = 512
"""After so many cells a column that is mostly something else is not looked at as numbers any more."""
DISTINCT: Final = 20_000
_LONG: Final = 200
_FAULTS: Final = 5
_FEW_WORDS: Final = 3.0

Reading = TypeVar("Reading", Decimal, Order)


class Kind(StrEnum):
    """What a column holds."""

    EMPTY = "empty"
    TEXT = "text"
    CATEGORY = "category"
    NUMBER = "number"
    DATE = "date"
    LIST = "list"
    IDENTIFIER = "identifier"


def missing(cell: str) -> bool:
    """Whether a cell of any kind holds nothing: white space, or what programs write for that.

    >>> missing(" "), missing("NaN"), missing("None")
    (True, True, False)
    """
    return not cell or cell.isspace() or cell in _NULLS


def missing_value(cell: str) -> bool:
    """The same of a column of numbers or dates, where more is nothing.

    >>> missing_value("n/a"), missing_value("-")
    (True, True)
    """
    return missing(cell) or cell.strip() in _NO_NUMBERS


@final
@dataclass
class Readings(Generic[Reading]):
    """Which readings the cells of a column leave, of those that have any.

    ``of`` gives the readings of a cell, ``value`` its value under one. ``examples`` has for each set of readings the
    first such cell with its line, ``faults`` the first without one, ``doubt`` the first whose readings differ in value.
    """

    of: Callable[[str], Reading]
    value: Callable[[str, Reading], object]
    none: Reading
    doubt: tuple[int, str] | None = None
    count: int = 0
    missing: int = 0
    strange: int = 0
    by_readings: Counter[Reading] = field(default_factory=Counter)
    examples: dict[Reading, tuple[int, str]] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)

    @property
    def tried(self) -> bool:
        """Whether it is worth to look on."""
        return self.count < _TRIED or self.strange <= (1 - _MOST) * self.count

    def see(self, cells: Sequence[str], lines: Sequence[int]) -> None:
        """Count cells, which begin in these lines of the file."""
        for cell, line in zip(cells, lines, strict=True):
            if missing_value(cell):
                self.missing += 1
                continue
            self.count += 1
            found = self.of(cell)
            if not found:
                self.strange += 1
                if len(self.faults) < _FAULTS:
                    self.faults.append((line, cell))
                continue
            self.by_readings[found] += 1
            if (
                self.doubt is None
                and not cell.isdecimal()
                and len(found) > 1
                and len({self.value(cell, one) for one in found}) > 1
            ):
                self.doubt = (line, cell)
            if found not in self.examples:
                self.examples[found] = (line, cell)

    @property
    def agreed(self) -> bool:
        """Whether the cells are of this kind, but for a few."""
        return self.count > 0 and self.tried and self.strange <= (1 - _MOST) * self.count

    @property
    def left(self) -> list[Reading]:
        """The readings that most cells allow, all of them equally."""
        each = {one: sum(n for found, n in self.by_readings.items() if one in found) for one in type(self.none)}
        most = max(each.values(), default=0)
        return [one for one, count in each.items() if count == most and most]

    def against(self, reading: Reading) -> list[tuple[int, str]]:
        """The first cells, by line, that are none under this reading."""
        examples: dict[Reading, tuple[int, str]] = self.examples
        faults = [*self.faults, *(place for found, place in examples.items() if reading not in found)]
        return sorted(faults)[:_FAULTS]


@final
@dataclass(frozen=True)
class Column:
    """What is known of a column: its kind, its rows, and where it is short the number of times each value stands there.

    ``values`` is None for a column of more than 20,000 different values, or of long ones; ``words`` is the mean number
    in a cell, ``first`` a few cells.
    """

    name: str
    kind: Kind
    rows: int
    missing: int
    values: Counter[str] | None
    words: float
    characters: float
    longest: int
    first: tuple[str, ...]
    numbers: Readings[Decimal]
    dates: Readings[Order]

    @property
    def distinct(self) -> int | None:
        """How many different values there are; None for too many to count."""
        return None if self.values is None else len(self.values)


@final
class Profile:
    """Cells of a column, block by block, and at the end what the column is; up to ``most`` values are counted.

    >>> profile = Profile("stars")
    >>> profile.see(["1,5", "2,0", ""], [2, 3, 4])
    >>> column = profile.column()
    >>> column.kind.value, column.missing, column.numbers.left
    ('number', 1, [<Decimal.COMMA: 2>])
    """

    def __init__(self, name: str, most: int = DISTINCT) -> None:
        self.name, self._most = name, most
        self._rows = self._missing = self._words = self._characters = self._longest = self._lists = 0
        self._values: Counter[str] | None = Counter()
        self._first: list[str] = []
        self._numbers = Readings(readings, number, Decimal(0))
        self._dates = Readings(orders, date, Order(0))

    def see(self, cells: Sequence[str], lines: Sequence[int]) -> None:
        """Look at some more cells, which begin in these lines of the file."""
        self._rows += len(cells)
        filled = [cell for cell in map(str.strip, cells) if cell and cell not in _NULLS]
        self._missing += len(cells) - len(filled)
        self._characters += sum(map(len, filled))
        self._longest = max(self._longest, *map(len, filled), 0)
        self._words += len(filled) + sum([cell.count(" ") for cell in filled])
        self._lists += sum([cell[0] == "[" and cell[-1] == "]" for cell in filled])
        self._first += filled[: max(0, _FAULTS - len(self._first))]
        if self._values is not None:
            self._values.update(filled)
            if len(self._values) > self._most or self._longest > _LONG:
                self._values = None
        for tried in (self._numbers, self._dates):
            if tried.tried:
                tried.see(cells, lines)

    def column(self) -> Column:
        """What was seen."""
        filled = max(1, self._rows - self._missing)
        return Column(
            self.name,
            self._kind(),
            self._rows,
            self._missing,
            self._values,
            self._words / filled,
            self._characters / filled,
            self._longest,
            tuple(self._first),
            self._numbers,
            self._dates,
        )

    def _kind(self) -> Kind:
        filled = self._rows - self._missing
        if not filled:
            return Kind.EMPTY
        if self._numbers.agreed:
            return Kind.NUMBER
        if self._dates.agreed:
            return Kind.DATE
        if self._lists == filled:
            return Kind.LIST
        distinct = filled if self._values is None else len(self._values)
        words = self._words / filled
        if self._values is not None and 2 * distinct <= filled and (words < _FEW_WORDS or 20 * distinct <= filled):
            return Kind.CATEGORY
        if words == 1 and all(cell.startswith(("http://", "https://", "www.")) for cell in self._first):
            return Kind.IDENTIFIER
        if distinct == filled > 2 and words == 1 and all(any(map(str.isdecimal, cell)) for cell in self._first):
            return Kind.IDENTIFIER
        return Kind.TEXT
