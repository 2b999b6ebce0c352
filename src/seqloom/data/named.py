"""A table of what is said of examples that have names."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO

__all__ = ["named_table", "step_table"]


def named_table(what: str, names: Sequence[str], columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """The lines of a table (csv): the name of each example, then the columns.

    >>> list(named_table("recording", ["a"], {"prediction": ["walking"]}))
    ['recording,prediction\\n', 'a,walking\\n']
    """
    for row in zip([what, *names], *([name, *cells] for name, cells in columns.items()), strict=True):
        yield _lines([row])


def step_table(what: str, names: Sequence[str], column: str, values: Sequence[Sequence[object]]) -> Iterator[str]:
    """The lines of a table (csv) with a row for each step of each example: its name, which step, from 1, and a value.

    >>> list(step_table("recording", ["a,b"], "label", [["on", "off"]]))
    ['recording,step,label\\n', '"a,b",1,on\\n"a,b",2,off\\n']
    """
    yield _lines([(what, "step", column)])
    for name, steps in zip(names, values, strict=True):
        yield _lines((name, step, value) for step, value in enumerate(steps, 1))


def _lines(rows: Iterable[Iterable[object]]) -> str:
    lines = StringIO()
    csv.writer(lines, lineterminator="\n").writerows(rows)
    return lines.getvalue()
