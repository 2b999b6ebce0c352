"""NumberedLines as fastText writes them: labels that begin with ``__label__``, and a text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from seqloom.data.tables.records import NumberedLines, Record

__all__ = ["COLUMNS", "MARK", "fasttext_records"]

MARK: Final = "__label__"
COLUMNS: Final = ("label", "text")
_LABELS: Final = re.compile(rf"\s*{MARK}(\S+)")


def fasttext_records(lines: NumberedLines) -> Iterator[Record]:
    """The lines as rows (label, text); several labels are a list, as in JSON, and none is an empty cell.

    >>> import io
    >>> lines = NumberedLines(io.StringIO("__label__a good\\n__label__a __label__b so\\n"), "t")
    >>> [row.cells for row in fasttext_records(lines)]
    [['a', 'good'], ['["a", "b"]', 'so']]
    """
    for number, text in lines:
        labels, end = [], 0
        while found := _LABELS.match(text, end):
            labels.append(found[1])
            end = found.end()
        label = json.dumps(labels, ensure_ascii=False) if len(labels) > 1 else "".join(labels)
        yield Record(number, [label, text[end:].strip()], text.rstrip("\n"))
