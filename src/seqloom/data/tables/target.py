"""Which column is to be predicted, and from which: by what they hold and what they are called, or as the user says."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seqloom.data.one_target import refuse_several
from seqloom.data.tables.columns import Column, Kind, Profile, missing_value
from seqloom.data.tables.names import (
    CODES,
    INPUTS,
    PARTS,
    SECOND_INPUTS,
    is_identifier,
    is_likely_target,
    is_scale,
    is_target,
    meant,
)
from seqloom.data.tables.nothing import labels_like_nothing
from seqloom.data.tables.parts import part_of
from seqloom.data.tables.table import Table
from seqloom.errors import DataError, UsageError, listed

__all__ = ["Asked", "Choice", "Doubt", "Sought", "choose_columns", "sought_of"]

_SHORT_WORDS: Final = 3.0
_SHORT: Final = 40
_LONGER: Final = 3.0
"""So many times the words of other columns make one the text."""
_CLASSES: Final = 20
"""Up to so many different whole numbers may be classes."""
_SEPARATORS: Final = ("|", ";", ",")
_SEVERAL: Final = 0.2
"""The share of cells with several labels from which on all cells are taken for lists."""

_NO_TEXT: Final = (
    "has no column of text to read. Name one: --input. Where a row is a step of a series, name the columns that say "
    "whose (--group) and when (--time), and that of the label (--target)."
)


class Sought(StrEnum):
    """What a target is: one of some classes, several labels at once, or a number."""

    CLASS = "class"
    LABELS = "labels"
    NUMBER = "number"


class Doubt(UsageError):
    """Two readings of a table, both named with the words that choose; ``between`` is what a target may be."""

    def __init__(self, message: str, words: Sequence[str], between: Sequence[Sought] = ()) -> None:
        super().__init__(f"{message} Say which: {', or '.join(words)}.")
        self.between = tuple(between)


@dataclass(frozen=True)
class Asked:
    """The columns that a user names: ``inputs`` to read, the ``target``; ``group`` and ``time``, by which rows are held
    out; ``part``, which says which rows those are. None and () are found, the group and the time are not looked for.
    """

    inputs: tuple[str, ...] = ()
    target: str | None = None
    group: str | None = None
    time: str | None = None
    part: str | None = None


@dataclass(frozen=True)
class Choice:
    """The columns that are read, the one to predict, and what that is; ``separator`` stands between several labels.

    ``like_nothing`` are the labels that look like none, None or NA say, and are classes.
    """

    inputs: tuple[str, ...]
    target: str
    sought: Sought
    separator: str = ""
    group: str | None = None
    time: str | None = None
    part: str | None = None
    like_nothing: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = {Sought.CLASS: "a class", Sought.LABELS: "labels", Sought.NUMBER: "a number"}[self.sought]
        others = {"grouped by": self.group, "ordered by": self.time, "divided by": self.part}
        more = "".join(f", {how} {name!r}" for how, name in others.items() if name is not None)
        return f"{what} ({self.target}) from {' and '.join(self.inputs)}{more}"


def choose_columns(table: Table, asked: Asked = Asked(), sought: Sought | None = None) -> Choice:
    """The target and the inputs of a table; what is asked for is taken, the rest found.

    A target is found by its name, or as the only category, or as the last column where there are several. An input is a
    column of text. Raises :class:`Doubt` where two readings remain, DataError where there is nothing to read or to
    predict, UsageError for a column that is not there.
    """
    others = [name for name in (asked.group, asked.time, asked.part) if name is not None]
    refuse_several(asked.target, table.columns)
    for name in (*asked.inputs, *([] if asked.target is None else [asked.target]), *others):
        table.column(name)
    if asked.target in asked.inputs:
        raise UsageError(f"The target {asked.target!r} is one of the inputs, too.")
    part = asked.part or next((name for name, column in table.columns.items() if _is_part(column)), None)
    apart = {part, *others, *asked.inputs, *(name for name, column in table.columns.items() if _is_apart(column))}
    columns = [column for name, column in table.columns.items() if name not in apart]
    texts = _texts([column for column in columns if column.name != asked.target])
    if not texts and not asked.inputs:
        raise DataError(f"{table.name} {_NO_TEXT}")
    target = table.column(asked.target) if asked.target is not None else _target(table, columns, texts)
    inputs = asked.inputs or (_input(table, [column for column in texts if column.name != target.name]).name,)
    separator = _between(target) if sought in (None, Sought.LABELS) else ""
    kind = _sought(table.name, target, separator) if sought is None else sought
    kept = () if kind == Sought.NUMBER else labels_like_nothing(target.values or {})
    return Choice(inputs, target.name, kind, separator, asked.group, asked.time, part, kept)


def _is_part(column: Column) -> bool:
    """Whether a column says of each row to which part it belongs, by its name and its cells."""
    values: Iterable[str] = column.values or ()
    return meant(column.name) in PARTS and (column.distinct or 0) > 1 and all(part_of(value) for value in values)


def _is_apart(column: Column) -> bool:
    return (
        column.kind in (Kind.EMPTY, Kind.IDENTIFIER)
        or (is_identifier(column.name) and not is_target(column.name))
        or (column.name.startswith("column ") and column.kind == Kind.NUMBER and _counts(column))
    )


def _counts(column: Column) -> bool:
    """Whether a column has the numbers of its rows."""
    first = column.first
    return column.distinct in (None, column.rows) and all(map(str.isdecimal, first)) and int(first[0]) in (0, 1)


def _texts(columns: Sequence[Column]) -> list[Column]:
    """Columns that may be read as texts: those that are, or are called so where none is."""
    found = [column for column in columns if column.kind == Kind.TEXT and not is_target(column.name)]
    return found or [
        column for column in columns if meant(column.name) in INPUTS | SECOND_INPUTS and column.kind == Kind.CATEGORY
    ]


def _target(table: Table, columns: Sequence[Column], texts: Sequence[Column]) -> Column:
    """The column to predict, by its name, or by what it holds."""
    sure = [column for column in columns if is_target(column.name)]
    columns = [column for column in columns if column.distinct != 1]
    others = [column for column in columns if column not in texts]
    classes = [column for column in others if column.kind in (Kind.CATEGORY, Kind.LIST) or _is_binary(column)]
    last = [*table.columns.values()][-1]
    likely = [column for column in columns if is_likely_target(column.name) or is_scale(column.values or ())]
    for candidates in (sure, likely):
        named = [column for column in candidates if _may_be_target(column)]
        named = [column for column in named if column not in texts or len(texts) > 1]
        if named and candidates is likely and last in classes and last not in named:
            named.append(last)
        if named:
            return _only(table, named, classes)
    if len(classes) > 1 and last in classes:
        return last
    numbers = [column for column in others if column.kind == Kind.NUMBER]
    found = classes or numbers
    if found:
        return _only(table, found)
    raise DataError(
        f"{table.name} has no column to predict: expected one with classes or numbers beside the text, got "
        f"{', '.join(f'{column.name!r} ({column.kind})' for column in table.columns.values())}. Name one: --target."
    )


def _may_be_target(column: Column) -> bool:
    short = column.words < _SHORT_WORDS and column.characters < _SHORT
    return column.kind in (Kind.CATEGORY, Kind.NUMBER, Kind.LIST) or (column.kind == Kind.TEXT and short)


def _is_binary(column: Column) -> bool:
    return column.kind == Kind.NUMBER and sum(not missing_value(value) for value in column.values or ()) == 2


def _only(table: Table, columns: Sequence[Column], others: Sequence[Column] = ()) -> Column:
    """The only one, or of two that say the same in words and in numbers the words; Doubt where more are left, which
    names the others, too."""
    left = list(columns)
    if len(left) == 2 and _say_the_same(table, left[0], left[1]):
        left = [column for column in left if column.kind != Kind.NUMBER][:1] or left[:1]
    if len(left) > 1:
        names = list(dict.fromkeys(column.name for column in [*left, *others]))
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
        raise DataError(f"{table.name} {_NO_TEXT}")
    running = [column for column in texts if column.words >= _SHORT_WORDS]
    named = [column for column in texts if meant(column.name) in INPUTS]
    rivals = [column for column in texts if meant(column.name) in SECOND_INPUTS]
    longest = max(texts, key=lambda column: column.words)
    if len(running) < 2:
        if len(texts) == 1 or (len(named) == 1 and not rivals):
            return named[0] if named else texts[0]
        if not named and not rivals and all(_LONGER * one.words < longest.words for one in texts if one is not longest):
            return longest
    likely = [column for column in texts if column in running + named + rivals]
    names = [column.name for column in likely or texts]
    raise Doubt(
        f"{table.name} has several columns of text: {listed(names)}.",
        [f"--input {_word(name)}" for name in names] + [f"--input {_word(','.join(names))}"],
    )


def sought_of(source: str, name: str, labels: Sequence[str]) -> Sought:
    """What labels are by themselves, those of a column in ``source``; Doubt for few whole numbers.

    >>> sought_of("a.csv", "kind", ["1", "0", "1"]), sought_of("a.csv", "load", ["0.5", "1.5", "2.5"])
    (<Sought.CLASS: 'class'>, <Sought.NUMBER: 'number'>)
    """
    profile = Profile(name)
    profile.see(labels, range(1, len(labels) + 1))
    return _sought(source, profile.column(), "")


def _sought(source: str, column: Column, separator: str) -> Sought:
    """What a target is; Doubt for few whole numbers, which may be classes or amounts."""
    if column.kind != Kind.NUMBER:
        return Sought.LABELS if separator or column.kind == Kind.LIST or _has_lists(column) else Sought.CLASS
    values = column.values and {value for value in column.values if not missing_value(value)}
    if values is not None and len(values) == 2:
        return Sought.CLASS
    whole = values is not None and all(value.lstrip("+-−").removesuffix(".0").isdecimal() for value in values)
    few = values is not None and len(values) <= _CLASSES and 2 * len(values) <= column.rows
    if not whole or not few:
        return Sought.NUMBER
    if meant(column.name) in CODES or {*map(float, values or ())} == {-1.0, 0.0, 1.0}:
        return Sought.CLASS
    assert values is not None
    ordered = sorted(values, key=lambda value: float(value.replace("−", "-")))
    raise Doubt(
        f"{source}: {column.name!r} has whole numbers from {ordered[0]} to {ordered[-1]}, which may be classes or "
        "amounts.",
        ["sought=class", "sought=number"],
        (Sought.CLASS, Sought.NUMBER),
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


def _has_lists(column: Column) -> bool:
    """Whether some cells are lists as in JSON, which is how several labels of a line of fastText are read."""
    return any(value.startswith('["') and value.endswith('"]') for value in column.values or ())


def _word(name: str) -> str:
    """A name as it is typed in a shell."""
    return shlex.quote(name)
