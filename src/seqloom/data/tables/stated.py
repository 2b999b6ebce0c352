"""What the first bytes say of a file without a name: whether it is a table."""

from __future__ import annotations

from itertools import islice
from typing import Final

from seqloom.data.tables.names import known_name

__all__ = ["suffix_of"]

_LINES: Final = 20
_NAME: Final = 200
"""Bytes in which the first member of an archive has its name."""


def suffix_of(head: bytes) -> str:
    """The suffix that a file with these first bytes would have; none where they may be text.

    A table that is separated by commas says so by a name that columns often have, JSON by a brace and a quote.

    >>> suffix_of(b"text,label\\nso it is,x\\n"), suffix_of(b'{"text": "so"}'), suffix_of(b"Dear Ann,\\nso it is\\n")
    ('.csv', '.jsonl', '')
    """
    if head.startswith((b"PAR1", b"PK\3\4")):
        return ".parquet" if head.startswith(b"PAR1") else ".npz" if b".npy" in head[:_NAME] else ".xlsx"
    text = head.decode("utf-8-sig", "replace").lstrip()
    if text[:1] == "{" and text[1:].lstrip()[:1] == '"':
        return ".jsonl"
    rows = list(islice(text.splitlines(), _LINES))
    said = next((row for row in rows if row.strip() and not row.startswith("#")), "")
    if said.lower().startswith(("@problemname", "@timestamps", "@univariate", "@dimension", "@classlabel", "@data")):
        return ".ts"
    names = [name.strip(' "') for name in rows[0].split(",")] if rows else []
    commas = all(row.count(",") >= len(names) - 1 for row in rows[1:-1] if row.strip())
    return ".csv" if len(names) > 1 < len(rows) and all(names) and commas and any(map(known_name, names)) else ""
