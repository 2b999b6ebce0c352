"""Rows written back as they came, with new columns after the old ones, a row at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, final

from seqloom.data.tables.dialect import Dialect
from seqloom.data.tables.records import Record

__all__ = ["Appended", "JsonLines", "Layout", "Separated", "free_names"]


class Layout(Protocol):
    """How rows are written: what stands before them, and each of them with the values of its new columns."""

    @property
    def encoding(self) -> str:
        """As Python names it."""
        ...

    @property
    def newline(self) -> str:
        """What ends a line."""
        ...

    def head(self, columns: Sequence[str], added: Sequence[str]) -> str: ...

    def row(self, record: Record, added: Mapping[str, Any]) -> str: ...


@final
@dataclass(frozen=True)
class Separated:
    """Separated cells, in the dialect in which they were read.

    >>> layout = Separated(Dialect(";", decimal=","))
    >>> layout.head(["text"], ["label", "p"]), layout.row(Record(2, ["so; so"]), {"label": "bad", "p": 0.5})
    ('text;label;p\\n', '"so; so";bad;0,5\\n')
    """

    dialect: Dialect

    def __str__(self) -> str:
        return str(self.dialect)

    @property
    def encoding(self) -> str:
        return self.dialect.encoding

    @property
    def newline(self) -> str:
        return self.dialect.newline

    def head(self, columns: Sequence[str], added: Sequence[str]) -> str:
        return self._line([*columns, *added]) if self.dialect.header else ""

    def row(self, record: Record, added: Mapping[str, Any]) -> str:
        return self._line([*record.cells, *(self._cell(value) for value in added.values())])

    def _cell(self, value: Any) -> str:
        return _cell(value).replace(".", self.dialect.decimal) if isinstance(value, float) else _cell(value)

    def _line(self, cells: Sequence[str]) -> str:
        page = io.StringIO()
        quote = self.dialect.quote
        if not quote:  # where nothing is quoted, a line break or a separator cannot be written
            cells = [" ".join(cell.replace(self.dialect.separator, " ").splitlines()) for cell in cells]
            return self.dialect.separator.join(cells) + "\n"
        csv.writer(page, **self.dialect.csv, lineterminator="\n").writerow(cells)
        return page.getvalue()


@final
@dataclass(frozen=True)
class JsonLines:
    """One JSON object a line: what was there stays as it was spelt.

    >>> JsonLines().row(Record(1, ["x"], '{"a": 1.50}'), {"label": "bad", "p": 0.5})
    '{"a": 1.50, "label": "bad", "p": 0.5}\\n'
    """

    encoding: str = "utf-8"
    newline: str = "\n"

    def __str__(self) -> str:
        return f"{self.encoding}, json lines"

    def head(self, columns: Sequence[str], added: Sequence[str]) -> str:
        return ""

    def row(self, record: Record, added: Mapping[str, Any]) -> str:
        before = record.source.rstrip().removesuffix("}").rstrip()
        between = "" if before.endswith("{") or not added else ", "
        return f"{before}{between}{json.dumps(dict(added), ensure_ascii=False)[1:-1]}}}\n"


@final
@dataclass(frozen=True)
class Appended:
    """A line as it was, then the new values, each after a tab.

    >>> Appended().row(Record(1, [], "__label__a so"), {"label": "b", "p": 0.5})
    '__label__a so\\tb\\t0.5\\n'
    """

    encoding: str = "utf-8"
    newline: str = "\n"

    def __str__(self) -> str:
        return f"{self.encoding}, lines of text"

    def head(self, columns: Sequence[str], added: Sequence[str]) -> str:
        return ""

    def row(self, record: Record, added: Mapping[str, Any]) -> str:
        return "\t".join([record.source, *map(_cell, added.values())]) + "\n"


def free_names(wanted: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Names for new columns that none of the old ones has.

    >>> free_names(["label", "p"], ["text", "label"])
    ['label_2', 'p']
    """
    found: list[str] = []
    for name in wanted:
        number, free = 1, name
        while free in columns or free in found:
            number += 1
            free = f"{name}_{number}"
        found.append(free)
    return found


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
