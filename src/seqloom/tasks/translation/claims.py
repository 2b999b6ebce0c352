"""What makes a file one of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from seqloom.tasks.door import Claim

__all__ = ["claims_pairs"]

_NAMED: Final = 0.97
_TEXTS: Final = 0.92
"""More than any table of rows, where two columns are running text and a tsv has no names."""
_ROWS: Final = 300
_DIFFERENT: Final = 0.6
"""The share of different targets from which on they are no classes."""
_WORDS: Final = 1.5
_FULL: Final = 0.9
"""The share of lines with both sides from which on the others are mistakes."""
_SURELY: Final = ("source", "src")
"""Whatever other columns there are."""
_SUFFIXES: Final = (".tsv", ".tab", ".txt", ".csv", ".jsonl", ".ndjson", ".json")


def claims_pairs(path: Path, given: Mapping[str, Any]) -> Claim | None:
    """Claim a file with columns whose names say so (source and target; question and answer, if there are no others), or
    one with two columns of running text, hardly any twice; its first rows tell.
    """
    from seqloom.data.pairs import pair_columns
    from seqloom.data.pairs.rows import read_rows
    from seqloom.errors import SeqloomError

    if not path.is_file() or Path(path.name.lower().removesuffix(".gz")).suffix not in _SUFFIXES:
        return None
    try:
        spelling, rows = read_rows(path, given.get("encoding"))
        first = next(rows)
        found = list(islice(rows, _ROWS))
    except (SeqloomError, ValueError):
        return None
    names = list(first.cells) if isinstance(first.cells, dict) else first.cells
    named = pair_columns(names)
    alone = len(names) == 2 or (named is not None and named[0].casefold() in _SURELY)
    if named is not None and alone and len(set(names)) == len(names) and (found or isinstance(first.cells, dict)):
        if _are_numbers([row.cells[names.index(named[0])] for row in found if isinstance(row.cells, list)]):
            return None
        return Claim(_NAMED, f"pairs: {named[1]} from {named[0]}")
    if spelling.separator != "\t" or isinstance(first.cells, dict):
        return None
    cells = [row.cells for row in (first, *found) if isinstance(row.cells, list)]
    if len(names) < 2 or any(len(one) != len(names) for one in cells) or not _are_texts(cells):
        return None
    return Claim(_TEXTS, "pairs: a text and what it becomes, with a tab between")


def _are_numbers(column: Sequence[str]) -> bool:
    """Whether most cells are numbers, as in a table of series whose channels are called x and y."""
    from seqloom.data.tables.numerals import readings

    return 2 * sum(bool(readings(cell.strip())) for cell in column) > len(column)


def _are_texts(cells: Sequence[Sequence[str]]) -> bool:
    for place in (0, 1):
        column = [one[place].strip() for one in cells]
        words = sum(len(text.split()) for text in column) / len(column)
        full, different = sum(map(bool, column)), len(set(column))
        if full < _FULL * len(column) or words < _WORDS or different < _DIFFERENT * len(column):
            return False
    return True
