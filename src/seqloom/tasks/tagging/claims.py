"""What makes a file one of tagged words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from seqloom.tasks.door import Claim

__all__ = ["claims_tagged"]

_SURE: Final = 0.95
"""More than any table: a tsv with blank lines between its rows is none."""
_NAMES: Final = (".conll", ".conllu", ".conllup", ".iob", ".iob2", ".bio", ".ner")
_MAYBE: Final = (".txt", ".tsv", ".tab", ".data", ".train", ".dat", "")
_MOST_TAGS: Final = 200
_MOST_LINES: Final = 0.9
_TAG: Final = re.compile(r"[A-Z][A-Z0-9$]*(?:[-_|:+][\w$]+)*|[^\w\s]+")
"""What tags look like; the last words of lines of prose do not."""


def claims_tagged(path: Path, given: Mapping[str, Any]) -> Claim | None:
    """Claim a file with a token and its tags a line, blank lines between sentences; its first 64 kB tell.

    With a name such as ``.conll`` or ``.conllu``, most lines must have as many columns, two at least; elsewhere all of
    them, hardly any values in the last, and these in capitals where spaces part them.
    """
    from seqloom.data.folders.heads import first_lines
    from seqloom.data.tagged.blocks import begin
    from seqloom.errors import DataError

    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    named = bool(suffixes) and suffixes[-1] in _NAMES
    if (not named and (suffixes[-1] if suffixes else "") not in _MAYBE) or path.is_dir():
        return None
    lines = first_lines(path)
    try:
        layout, _ = begin(enumerate(lines, 1), str(path), ".conllu" in suffixes)
    except DataError:
        return None
    tokens = [layout.fields(line) for line in lines if line.strip() and not layout.is_remark(line)]
    whole = [fields for fields in tokens if len(fields) == len(layout.names)]
    if not layout.tags or _MOST_LINES * len(tokens) > len(whole):
        return None
    tags = {fields[layout.tags[0]] for fields in whole}
    sure = "" in lines[1:-1] and len(whole) == len(tokens) and len(tags) <= min(_MOST_TAGS, len(tokens) / 2)
    sure = sure and (layout.separator == "\t" or all(map(_TAG.fullmatch, tags)))
    if not (named or sure):
        return None
    return Claim(_SURE, f"a token a line with its tag in column {layout.names[layout.tags[0]]}, blank lines between")
