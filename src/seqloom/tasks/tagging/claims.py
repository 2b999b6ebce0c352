"""What makes a file one of tagged words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from seqloom.tasks.door import Claim
from seqloom.tasks.tables.claims import is_table

__all__ = ["claims_tagged"]

_SURE: Final = 0.95
"""More than any table: a tsv with blank lines between its rows is none."""
_NAMES: Final = (".conll", ".conllu", ".conllup", ".iob", ".iob2", ".bio", ".ner")
_MAYBE: Final = (".txt", ".tsv", ".tab", ".data", ".train", ".dat", "")
_MOST_TAGS: Final = 200
_TAG: Final = re.compile(r"[A-Z][A-Z0-9$]*(?:[-_|:+][\w$]+)*|[^\w\s]+")
"""What tags look like; the last words of lines of prose do not."""


def claims_tagged(path: Path, given: Mapping[str, Any]) -> Claim | None:
    """Claim a file with a token and its tags a line, blank lines between sentences; its first 64 kB tell.

    A name such as ``.conll`` or ``.conllu`` settles it: what is wrong in such a file is said when it is read. Elsewhere
    all lines must have as many columns, hardly any values in the last (or in the first of two), and these in capitals
    where spaces part them. Of a table the columns must be called so that a token a row is there.
    """
    from seqloom.data.folders.heads import first_lines
    from seqloom.data.tagged.blocks import begin
    from seqloom.data.tagged.columns import token_columns
    from seqloom.errors import DataError

    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    suffix = suffixes[-1] if suffixes else ""
    if is_table(path) and path.is_file():
        columns = token_columns(path, given.get("target"), given.get("encoding"))
        if columns is not None and columns.tag is not None:
            return Claim(_SURE, str(columns))
    if not path.is_file() or suffix not in (*_NAMES, *_MAYBE):
        return None
    if suffix in _NAMES:
        return Claim(_SURE, f"tagged words ({suffix})")
    lines = first_lines(path)
    try:
        layout, _ = begin(enumerate(lines, 1), str(path))
    except DataError:
        return None
    tokens = [layout.fields(line) for line in lines if line.strip() and not layout.is_remark(line)]
    if "" not in lines[1:-1] or not layout.tags or any(len(fields) != len(layout.names) for fields in tokens):
        return None
    places = (layout.tags[0], layout.word) if len(layout.names) == 2 else layout.tags
    for place in places:
        if _are_tags([fields[place] for fields in tokens], spaced=layout.separator != "\t"):
            return Claim(_SURE, f"a token a line with its tag in column {layout.names[place]}, blank lines between")
    return None


def _are_tags(values: list[str], spaced: bool) -> bool:
    different = set(values)
    few = len(different) <= min(_MOST_TAGS, len(values) / 2)
    return few and (not spaced or all(map(_TAG.fullmatch, different)))
