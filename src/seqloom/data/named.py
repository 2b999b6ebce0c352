"""A table of what is said of examples that have names."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO

__all__ = ["csv_lines", "named_table"]


def named_table(what: str, names: Sequence[str], columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """The lines of a table (csv): the name of each example, then the columns.

    >>> list(named_table("recording", ["a"], {"prediction": ["walking"]}))
    ['recording,prediction\\n', 'a,walking\\n']
    """
    for row in zip([what, *names], *([name, *cells] for name, cells in columns.items()), strict=True):
        yield csv_lines([row])


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """Rows as lines of a table.

    >>> csv_lines([["a,b", 1]])
    '"a,b",1\\n'
    """
    lines = StringIO()
    csv.writer(lines, lineterminator="\n").writerows(rows)
    return lines.getvalue()
