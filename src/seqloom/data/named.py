"""A table of what is said of examples that have names."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO

__all__ = ["named_table"]


def named_table(what: str, names: Sequence[str], columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """The lines of a table (csv): the name of each example, then the columns.

    >>> list(named_table("recording", ["a"], {"prediction": ["walking"]}))
    ['recording,prediction\\n', 'a,walking\\n']
    """
    for row in zip([what, *names], *([name, *cells] for name, cells in columns.items()), strict=True):
        line = StringIO()
        csv.writer(line, lineterminator="\n").writerow(row)
        yield line.getvalue()
