"""Which column is to be predicted, and from which: by what they hold and what they are called, or as the user says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seqloom.data.tables.columns import Column, Kind
from seqloom.data.tables.names import CODES, INPUTS, LIKELY_TARGETS, PARTS, SECOND_INPUTS, TARGETS, is_identifier, meant
from seqloom.data.tables.table import Table
from seqloom.errors import DataError, UsageError, listed

__all__ = ["Choice", "Doubt", "Sought", "choose_columns"]

_SHORT_WORDS: Final = 3.0
_SHORT: Final = 40
_LONGER: Final = 3.0
"""So many times the words of other columns make one the text."""
_CLASSES: Final = 20
"""Up to so many different whole numbers may be classes."""
_SEPARATORS: Final = ("|", ";", ",")
_SEVERAL: Final = 0.2
"""The share of cells with several labels from which on all cells are taken for lists."""


class Sought(StrEnum):
    """What a target is: one of some classes, several labels at once, or a number."""

    CLASS = "class"
    LABELS = "labels"
    NUMBER = "number"


class Doubt(UsageError):
    """Two readings of a table, both named; ``readings`` are the words of each on the command line."""

    def __init__(self, message: str, readings: Sequence[str]) -> None:
        super().__init__(f"{message} Say which: {', or '.join(readings)}.")
        self.readings = tuple(readings)


@dataclass(frozen=True)
class Choice:
    """The columns that are read, the one to predict, and what that is; ``separator`` stands between several labels."""

    inputs: tuple[str, ...]
    target: str
    sought: Sought
    separator: str = ""

    def __str__(self) -> str:
        what = {Sought.CLASS: "a class", Sought.LABELS: "labels", Sought.NUMBER: "a number"}[self.sought]
        return f"{what}, {self.target!r}, from {' and '.join(map(repr, self.inputs))}"


def choose_columns(
    table: Table,
    *,
    target: str | None = None,
    inputs: Sequence[str] = (),
    sought: Sought | None = None,
    without: Iterable[str] = (),
) -> Choice:
    """The target and the inputs of a table; what is given is taken, the rest found.

    A target is found by its name, or as the only category, or as the last column where there are several. An input is a
    column of text. ``without`` are columns for other ends: groups, times, parts. Raises :class:`Doubt` where two
    readings remain, DataError where there is nothing to read or to predict.
    """
    for name in (*inputs, *([] if target is None else [target]), *without):
        table.column(name)
    if target is not None and target in inputs:
        raise UsageError(f"The target {target!r} is one of the inputs, too.")
    apart = {*without, *inputs, *(name for name, column in table.columns.items() if _is_apart(column))}
    columns = [column for name, column in table.columns.items() if name not in apart]
    texts = _texts([column for column in columns if column.name != target])
    chosen = table.column(target) if target is not None else _target(table, columns, texts)
    kind, separator = (
        _sought(table, chosen) if sought is None else (sought, _between(chosen) if sought == Sought.LABELS else "")
    )
    if not inputs:
        inputs = [_input(table, [column for column in texts if column.name != chosen.name]).name]
    return Choice(tuple(inputs), chosen.name, kind, separator)


def _is_apart(column: Column) -> bool:
    return (
        column.kind in (Kind.EMPTY, Kind.IDENTIFIER)
        or meant(column.name) in PARTS
        or (is_identifier(column.name) and meant(column.name) not in TARGETS)
        or (column.name.startswith("column ") and column.kind == Kind.NUMBER and _counts(column))
    )


def _counts(column: Column) -> bool:
    """Whether a column has the numbers of its rows."""
    first = column.first
    return column.distinct in (None, column.rows) and all(map(str.isdecimal, first)) and int(first[0]) in (0, 1)


def _texts(columns: Sequence[Column]) -> list[Column]:
    """Columns that may be read as texts: those that are, or are called so where none is."""
    found = [column for column in columns if column.kind == Kind.TEXT and meant(column.name) not in TARGETS]
    return found or [
        column for column in columns if meant(column.name) in INPUTS | SECOND_INPUTS and column.kind == Kind.CATEGORY
    ]


def _target(table: Table, columns: Sequence[Column], texts: Sequence[Column]) -> Column:
    """The column to predict, by its name, or by what it holds."""
    others = [column for column in columns if column not in texts]
    for names in (TARGETS, LIKELY_TARGETS):
        named = [column for column in columns if _is_named(column, names) and _may_be_target(column)]
        named = [column for column in named if column not in texts or len(texts) > 1]
        if named:
            return _only(table, named)
    classes = [column for column in others if column.kind in (Kind.CATEGORY, Kind.LIST) or _is_binary(column)]
    classes = [column for column in classes if column.distinct != 1]
    if len(classes) > 1 and classes[-1].name == [*table.columns][-1]:
        return classes[-1]
    numbers = [column for column in others if column.kind == Kind.NUMBER]
    found = classes or numbers
    if found:
        return _only(table, found)
    raise DataError(
        f"{table.name} has no column to predict: expected one with classes or numbers beside the text, got "
        f"{', '.join(f'{column.name!r} ({column.kind})' for column in table.columns.values())}. Name one: --target."
    )


def _is_named(column: Column, names: frozenset[str]) -> bool:
    plain = meant(column.name)
    return plain in names or (names is LIKELY_TARGETS and plain.startswith(("is_", "has_")))


def _may_be_target(column: Column) -> bool:
    short = column.words < _SHORT_WORDS and column.characters < _SHORT
    return column.kind in (Kind.CATEGORY, Kind.NUMBER, Kind.LIST) or (column.kind == Kind.TEXT and short)


def _is_binary(column: Column) -> bool:
    return column.kind == Kind.NUMBER and column.distinct == 2


def _only(table: Table, columns: Sequence[Column]) -> Column:
    """The only one, or of two that say the same in words and in numbers the words; Doubt where more are left."""
    left = list(columns)
    if len(left) == 2 and _say_the_same(table, left[0], left[1]):
        left = [column for column in left if column.kind != Kind.NUMBER][:1] or left[:1]
    if len(left) > 1:
        names = [column.name for column in left]
        raise Doubt(
            f"{table.name} has several columns to predict: {listed(names)}.", [f"--target {_word(n)}" for n in names]
        )
    return left[0]


def _say_the_same(table: Table, one: Column, other: Column) -> bool:
    if one.distinct is None or one.distinct != other.distinct or one.distinct == one.rows:
        return False
    return len(set(zip(table.cells(one.name), table.cells(other.name), strict=True))) == one.distinct


def _input(table: Table, texts: Sequence[Column]) -> Column:
    """The column to read; Doubt where several are equal."""
    if not texts:
        raise DataError(f"{table.name} has no column of text to read. Name one: --input.")
    named = [column for column in texts if meant(column.name) in INPUTS]
    rivals = [column for column in texts if meant(column.name) in SECOND_INPUTS]
    longest = max(texts, key=lambda column: column.words)
    if len(texts) == 1 or (len(named) == 1 and not rivals):
        return named[0] if named else texts[0]
    if not named and not rivals and all(_LONGER * one.words < longest.words for one in texts if one is not longest):
        return longest
    names = [column.name for column in (named + rivals if named or rivals else texts)]
    both = " ".join(f"--input {_word(name)}" for name in names[:2])
    raise Doubt(
        f"{table.name} has several columns of text: {listed(names)}.",
        [f"--input {_word(name)}" for name in names] + [both],
    )


def _sought(table: Table, column: Column) -> tuple[Sought, str]:
    """What a target is; Doubt for few whole numbers, which may be classes or amounts."""
    if column.kind != Kind.NUMBER:
        separator = _between(column)
        return (Sought.LABELS, separator) if separator or column.kind == Kind.LIST else (Sought.CLASS, "")
    values = column.values
    if column.distinct == 2:
        return Sought.CLASS, ""
    whole = values is not None and all(value.lstrip("+-−").removesuffix(".0").isdecimal() for value in values)
    few = values is not None and len(values) <= _CLASSES and 2 * len(values) <= column.rows
    if not whole or not few:
        return Sought.NUMBER, ""
    if meant(column.name) in CODES:
        return Sought.CLASS, ""
    assert values is not None
    ordered = sorted(values, key=lambda value: float(value.replace("−", "-")))
    raise Doubt(
        f"{table.name}: {column.name!r} has whole numbers from {ordered[0]} to {ordered[-1]}, which may be classes or "
        "amounts.",
        ["--task classifier", "--task regressor"],
    )


def _between(column: Column) -> str:
    """What stands between several labels in a cell: nothing where each has one."""
    if column.values is None or column.kind not in (Kind.CATEGORY, Kind.TEXT):
        return ""
    filled = sum(column.values.values())
    for separator in _SEPARATORS:
        several = [value for value in column.values if separator in value]
        labels = {label.strip() for value in column.values for label in value.split(separator)}
        many = sum(column.values[value] for value in several) >= _SEVERAL * filled
        if several and many and len(labels) < len(column.values) and all(1 <= len(label) <= _SHORT for label in labels):
            return separator
    return ""


def _word(name: str) -> str:
    return name if name.isidentifier() else repr(name)
