"""Rows to learn from: what is read and what is to be predicted, without rows that lack one; the repairs are counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, final, overload

import numpy as np
from numpy.typing import NDArray

from seqloom.data.tables.cells import Chosen, Joined
from seqloom.data.tables.columns import Kind, missing
from seqloom.data.tables.nothing import has_word, is_no_label
from seqloom.data.tables.table import Table
from seqloom.data.tables.target import Choice, Sought
from seqloom.errors import DataError, listed

__all__ = ["Labelled", "inputs_of", "label_reader", "labelled"]

_SHOWN: Final = 3
_BOOLEANS: Final = frozenset(("true", "false"))
Mask = NDArray[np.bool_]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Labelled(Sequence[str]):
    """Examples of a table, as a sequence of its texts ``X``; ``y`` are their labels, lists of labels or numbers.

    ``rows`` (N,) are where they stand in the table, ``remarks`` sentences about what was repaired and what is odd.
    """

    table: Table
    choice: Choice
    X: Sequence[str]
    y: list[Any]
    rows: NDArray[np.int64]
    remarks: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.y)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self.X[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self.X)

    def some(self, places: NDArray[np.int64]) -> Labelled:
        """Some of the examples, in this order."""
        rows = self.rows[places]
        texts = Chosen(inputs_of(self.table, self.choice), rows)
        return replace(self, X=texts, y=[self.y[place] for place in places.tolist()], rows=rows)

    def of_column(self, name: str) -> Sequence[str]:
        """The cells of another column beside the examples."""
        return Chosen(self.table.cells(name), self.rows)

    def place(self, index: int) -> str:
        """Where an example stands, for messages."""
        return f"{self.table.name}, line {self.table.line(int(self.rows[index]))}"


def labelled(table: Table, choice: Choice, strict: bool = False) -> Labelled:
    """The rows of a table that have a text and a target.

    Others are left out and counted, or with ``strict`` refused; labels lose the white space around them. Raises
    DataError, for all that is wrong at once, where less than two rows or classes are left, where cells are no numbers
    that should be, and where the target says what an input says.
    """
    y, without_target, padded = _targets(table, choice)
    without_text = _without_text(table, choice)
    rows = np.flatnonzero(~(without_text | without_target))
    whole = len(rows) == len(table)
    kept = y if whole else [y[row] for row in rows]
    texts = inputs_of(table, choice)
    X = texts if whole else Chosen(texts, rows)
    lack = f"no {choice.target!r}{_read_as_none(table, choice)}"
    lacks = {"an empty text": without_text, lack: without_target & ~without_text}
    dirt = [f"{mask.sum():,} with {what} ({_lines(table, mask)})" for what, mask in lacks.items() if mask.any()]
    remarks = [f"Left out {' and '.join(dirt)}."] if dirt else []
    if padded.any():
        dirt.append(f"{padded.sum():,} labels with white space around them ({_lines(table, padded)})")
    problems = [f"{one}." for one in dirt] if strict else []
    problems += _unfit(table, choice, kept) + _cut(table, choice)
    if len(problems) == 1:
        raise DataError(f"{table.name}: {problems[0]}")
    if problems:
        raise DataError("\n  ".join([f"{table.name} cannot be learnt from:", *problems]))
    return Labelled(table, choice, X, kept, rows, remarks + _alike(choice, kept) + _like_nothing(table, choice))


def inputs_of(table: Table, choice: Choice) -> Sequence[str]:
    """The texts of all rows; those of several inputs joined, a line each."""
    cells = [table.cells(name) for name in choice.inputs]
    return cells[0] if len(cells) == 1 else Joined(cells)


def label_reader(choice: Choice, values: Iterable[str]) -> Callable[[str], str | list[str]]:
    """How a cell becomes a label, or a list of them; where there is nothing else, ``True`` is ``true``."""
    if choice.sought == Sought.LABELS:
        return lambda cell: several_labels(cell, choice.separator)
    if {value.lower() for value in values} <= _BOOLEANS:
        return str.lower
    return lambda cell: cell


def several_labels(cell: str, separator: str) -> list[str]:
    """The labels in a cell, each once.

    >>> several_labels("a| b|a", "|"), several_labels('["a", "b"]', ""), several_labels("a", "")
    (['a', 'b'], ['a', 'b'], ['a'])
    """
    try:
        found = json.loads(cell) if cell.startswith("[") else None
    except ValueError:
        found = None
    parts = [str(part) for part in found] if isinstance(found, list) else cell.split(separator) if separator else [cell]
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _targets(table: Table, choice: Choice) -> tuple[list[Any], Mask, Mask]:
    """The target of each row, the rows without one, and those whose label had white space around it."""
    without, padded = np.zeros(len(table), bool), np.zeros(len(table), bool)
    if choice.sought == Sought.NUMBER:
        numbers = table.numbers(choice.target)
        return numbers.tolist(), np.isnan(numbers), padded
    values = table.column(choice.target).values
    read = label_reader(choice, [one for one in values or [""] if not is_no_label(one, choice.like_nothing)])
    kept: dict[str, Any] = {}
    y: list[Any] = []
    for row, cell in enumerate(table.cells(choice.target)):
        label = cell.strip()
        without[row] = is_no_label(cell, choice.like_nothing)
        padded[row] = label != cell
        if label not in kept:
            kept[label] = read(label)
        y.append(kept[label])
    return y, without, padded & ~without


def _without_text(table: Table, choice: Choice) -> Mask:
    """The rows in which all inputs are empty."""
    masks = [
        np.fromiter(map(missing, table.cells(name)), bool, len(table)) if table.column(name).missing else False
        for name in choice.inputs
    ]
    found: Mask = np.logical_and.reduce([np.broadcast_to(mask, len(table)) for mask in masks])
    return found


def _unfit(table: Table, choice: Choice, y: Sequence[Any]) -> list[str]:
    """What makes learning impossible, a sentence each."""
    if len(y) < 2:
        return [f"{len(y)} row{'s' * (len(y) != 1)} with a text and a target; expected at least 2."]
    problems = []
    if all(one == y[0] for one in y):
        problems.append(f"column {choice.target!r}: every row has {y[0]!r}; expected at least two classes or values.")
    target = table.cells(choice.target)
    return problems + [
        f"column {choice.target!r} is equal to the input {name!r}: it would be read, not learnt."
        for name in choice.inputs
        if all(a.strip() == b.strip() for a, b in zip(table.cells(name), target, strict=True))
    ]


def _cut(table: Table, choice: Choice) -> list[str]:
    """A last label that the end of the file cuts short, as it seems: it is in no other row."""
    column = table.column(choice.target)
    if table.ended or choice.sought == Sought.NUMBER or column.values is None or column.kind == Kind.NUMBER:
        return []
    last = table.cells(choice.target)[-1].strip()
    others = {label for value in column.values for label in [value, *several_labels(value, choice.separator)]} - {last}
    if [*table.columns][-1] != choice.target or column.values[last] != 1 or 2 * len(others) > len(table):
        return []
    whole = next((label for label in others if label.startswith(last)), None)
    why = f"only there{f'; another is {whole!r}' if whole else ''}"
    return [
        f"line {table.line(len(table) - 1)}: the file ends without the end of a line, after the label {last!r}, which "
        f"is {why}. Copy or export it again, or end the line if it is whole."
    ]


def _alike(choice: Choice, y: Sequence[Any]) -> list[str]:
    """Labels that differ in case or white space alone."""
    if choice.sought == Sought.NUMBER:
        return []
    counts = Counter(label for one in y for label in ([one] if isinstance(one, str) else one))
    spelt: dict[str, list[str]] = {}
    for label in counts:
        spelt.setdefault("".join(label.casefold().split()), []).append(label)
    return [
        f"{choice.target}: the labels {listed(labels)} differ in case or spaces alone and count as {len(labels)}."
        for labels in spelt.values()
        if len(labels) > 1
    ]


def _read_as_none(table: Table, choice: Choice) -> str:
    """Which words in the target say that there is none."""
    if choice.sought == Sought.NUMBER:
        return ""
    values = table.column(choice.target).values or ()
    found = [one for one in values if not missing(one) and is_no_label(one, choice.like_nothing)]
    return f", or {listed(found)}" if found else ""


def _like_nothing(table: Table, choice: Choice) -> list[str]:
    """Labels that look like none and are classes."""
    if not choice.like_nothing:
        return []
    values = table.column(choice.target).values or Counter[str]()
    return [
        f"{choice.target}: {one!r} in {values[one]:,} of {len(table):,} rows is taken for a class. Empty these cells "
        "if it means that there is none."
        for one in choice.like_nothing
        if one in values and has_word(one)
    ]


def _lines(table: Table, mask: Mask) -> str:
    rows = np.flatnonzero(mask)
    shown = ", ".join(str(table.line(int(row))) for row in rows[:_SHOWN])
    return f"line{'s' * (len(rows) > 1)} {shown}{' …' if len(rows) > _SHOWN else ''}"
