"""What the first lines of a file tell, when there is no time to read it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final

from seqloom.data.tables.numerals import readings

__all__ = ["first_lines", "hold_numbers", "holds_numbers"]

_HEAD: Final = 1 << 16
_LINES: Final = 20
_FILES: Final = 8
_PACKED: Final = b"\x1f\x8b"
_SEPARATORS: Final = re.compile(r"[,;|\s]")


def first_lines(path: Path) -> list[str]:
    """The whole lines in the first 64 kB of a file, packed by gzip or not; none of a file that cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            whole = len(head) < _HEAD
        if head.startswith(_PACKED):
            unpacker = zlib.decompressobj(wbits=31)
            head = unpacker.decompress(head, _HEAD)
            whole = unpacker.eof and not unpacker.unconsumed_tail
    except (OSError, zlib.error):
        return []
    lines = head.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")
    return lines if whole and lines[-1] else lines[:-1]


def holds_numbers(path: Path) -> bool:
    """Whether a text file is a table of numbers: below the first row each has some, and most of all cells are."""
    lines = [line for line in first_lines(path)[:_LINES] if line.strip()]
    rows = [[cell for cell in _SEPARATORS.split(line.strip()) if cell] for line in lines[1:] or lines]
    found = [sum(bool(readings(cell)) or cell.lower() == "nan" for cell in row) for row in rows]
    return bool(rows) and min(found) > 0 and 2 * sum(found) > sum(map(len, rows))


def hold_numbers(paths: Iterable[Path]) -> bool:
    """Whether files are tables of numbers: most of the first few that have more than one line."""
    found = [holds_numbers(path) for path in islice(paths, _FILES) if len(first_lines(path)) > 1]
    return 2 * sum(found) > len(found)
