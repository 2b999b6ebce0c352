"""Which examples of a table are learnt from, which judge, and which test: as a column says, or drawn without leaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.problems import Problems
from seqloom.data.splits import split_by_time, split_rows, text_groups
from seqloom.data.tables.labelled import Labelled
from seqloom.data.tables.parts import Part, part_of
from seqloom.data.tables.target import Sought
from seqloom.errors import DataError

__all__ = ["Divided", "divide", "parts_of"]

Rows = NDArray[np.int64]


class Divided(NamedTuple):
    """The places of examples in each part, in their order, and a sentence about how they were found."""

    train: Rows
    validation: Rows
    test: Rows
    remark: str


def divide(found: Labelled, share: float, seed: int) -> Divided:
    """Hold out examples of a table to judge by: those that its column of parts names; without, a ``share``.

    That share is the latest by a column of times; or else drawn by the seed, with each class in it as in the whole,
    and equal texts, or the rows of a group, on one side. DataError for a part that is empty or has another name.
    """
    choice = found.choice
    every = np.arange(len(found.y))
    parts = parts_of(found)
    given = {part: every if parts is None else np.flatnonzero(parts == part) for part in Part}
    if parts is None:
        given[Part.VALIDATION] = given[Part.TEST] = every[:0]
    train = given[Part.TRAIN]
    if not len(train):
        raise DataError(f"{found.table.name}, column {choice.part!r}: no row is for training.")
    if len(given[Part.VALIDATION]):
        remark = f"Held out: {len(given[Part.VALIDATION]):,} examples, those that the column {choice.part!r} names."
        return Divided(train, given[Part.VALIDATION], given[Part.TEST], remark)
    if choice.time is not None:
        drawn = split_by_time(found.table.dates(choice.time)[found.rows][train], share)
        how = f"the latest by {choice.time!r}"
    else:
        groups = text_groups(found.X) if choice.group is None else np.array(found.of_column(choice.group))
        ours = slice(None) if parts is None else train  # no copy where it is all of them
        labels = _numbers(found.y)[ours] if choice.sought == Sought.CLASS else None
        drawn = split_rows(len(train), share, seed, labels=labels, groups=groups[ours])
        together = "equal texts" if choice.group is None else f"the rows of each {choice.group!r}"
        how = f"{together} together, drawn by seed {seed}"
    remark = f"Held out: {len(drawn.held_out):,} of {len(train):,} examples, {how}."
    return Divided(train[drawn.train], train[drawn.held_out], given[Part.TEST], remark)


def _numbers(labels: Sequence[str]) -> NDArray[np.int32]:
    """A number for each label: an array of strings has room for the longest in each place."""
    numbers: dict[str, int] = {}
    return np.fromiter((numbers.setdefault(label, len(numbers)) for label in labels), np.int32, len(labels))


def parts_of(found: Labelled) -> NDArray[np.str_] | None:
    """The part of each example, None where no column says that; DataError for cells that name none."""
    name = found.choice.part
    if name is None:
        return None
    problems = Problems(f"{found.table.name}, column {name!r}")
    parts = []
    for index, cell in enumerate(found.of_column(name)):
        part = part_of(cell)
        if part is None:
            line = found.table.line(int(found.rows[index]))
            problems.add(f"line {line}", f"expected train, validation or test, got {cell[:40]!r}.")
        parts.append(part or Part.TRAIN)
    problems.refuse()
    return np.array(parts)
