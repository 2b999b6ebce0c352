"""Examples that have names, and a table of what is said of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import ClassVar, Protocol, runtime_checkable

from seqloom.data.problems import Problems

__all__ = ["Named", "csv_lines", "label_numbers", "named_table", "step_table"]


@runtime_checkable
class Named(Protocol):
    """The examples of a file or folder, called ``one`` each, by their ``names``."""

    one: ClassVar[str]

    @property
    def names(self) -> Sequence[str]:
        """Of each example."""

    def written(self, columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
        """A table (csv), a line for each example: its name, then the columns."""


def label_numbers(source: str, names: Sequence[str], labels: Sequence[str]) -> list[float]:
    """The labels of examples as numbers; DataError that names the examples whose label is none.

    >>> label_numbers("folder", ["a.wav"], ["1.5"])
    [1.5]
    """
    problems, found = Problems(source), []
    for name, label in zip(names, labels, strict=True):
        try:
            found.append(float(label))
        except ValueError:
            problems.add(name, f"expected a number, got {label[:40]!r}.")
    problems.refuse()
    return found


def named_table(what: str, names: Sequence[str], columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """The lines of a table (csv): the name of each example, then the columns.

    >>> list(named_table("recording", ["a"], {"prediction": ["walking"]}))
    ['recording,prediction\\n', 'a,walking\\n']
    """
    for row in zip([what, *names], *([name, *cells] for name, cells in columns.items()), strict=True):
        yield csv_lines([row])


def step_table(what: str, names: Sequence[str], column: str, values: Sequence[Sequence[object]]) -> Iterator[str]:
    """The lines of a table (csv) with a row for each step of each example: its name, which step, from 1, and a value.

    >>> list(step_table("recording", ["a,b"], "label", [["on", "off"]]))
    ['recording,step,label\\n', '"a,b",1,on\\n"a,b",2,off\\n']
    """
    yield csv_lines([(what, "step", column)])
    for name, steps in zip(names, values, strict=True):
        yield csv_lines((name, step, value) for step, value in enumerate(steps, 1))


def csv_lines(rows: Iterable[Iterable[object]]) -> str:
    """Rows as lines of a table.

    >>> csv_lines([["a,b", 1]])
    '"a,b",1\\n'
    """
    lines = StringIO()
    csv.writer(lines, lineterminator="\n").writerows(rows)
    return lines.getvalue()
