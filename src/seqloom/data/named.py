"""Examples that have names, and a table of what is said of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import ClassVar, Protocol, runtime_checkable

__all__ = ["Named", "named_table"]


@runtime_checkable
class Named(Protocol):
    """The examples of a file or folder, called ``one`` each, by their ``names``."""

    one: ClassVar[str]

    @property
    def names(self) -> Sequence[str]:
        """Of each example."""

    def written(self, columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
        """A table (csv), a line for each example: its name, then the columns."""


def named_table(what: str, names: Sequence[str], columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """The lines of a table (csv): the name of each example, then the columns.

    >>> list(named_table("recording", ["a"], {"prediction": ["walking"]}))
    ['recording,prediction\\n', 'a,walking\\n']
    """
    for row in zip([what, *names], *([name, *cells] for name, cells in columns.items()), strict=True):
        line = StringIO()
        csv.writer(line, lineterminator="\n").writerow(row)
        yield line.getvalue()
