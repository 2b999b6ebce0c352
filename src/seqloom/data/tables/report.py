"""What is in the labelled rows of a table, in figures ready for JSON: before anything is trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.splits import text_groups
from seqloom.data.spread import spread
from seqloom.data.tables.dividing import divide, parts_of
from seqloom.data.tables.labelled import Labelled
from seqloom.data.tables.parts import Part
from seqloom.data.tables.table import Table
from seqloom.data.tables.target import Sought
from seqloom.errors import DataError

__all__ = ["columns_of", "described", "overlaps", "unknown_words"]

_WORDS: Final = 1_000_000
"""Different words that are remembered."""


def described(found: Labelled, share: float = 0.1, seed: int = 0) -> dict[str, Any]:
    """The lengths of the texts, the classes or numbers, what is doubled, and how the rows would be divided."""
    choice = found.choice
    characters, words = (spread(lengths) for lengths in _lengths(found.X))
    groups = text_groups(found.X)
    report: dict[str, Any] = {
        "examples": len(found.y),
        "left_out": len(found.table) - len(found.y),
        "inputs": list(choice.inputs),
        "target": choice.target,
        "sought": choice.sought.value,
        "characters": characters,
        "words": words,
        "duplicates": _duplicates(found, groups),
    }
    if choice.sought == Sought.NUMBER:
        report["numbers"] = spread(np.array(found.y))
    else:
        labels = (label for one in found.y for label in ([one] if isinstance(one, str) else one))
        report["classes"] = dict(Counter(labels).most_common())
    try:
        parts = divide(found, share, seed)
    except DataError as error:
        return report | {"division": str(error)}
    rows = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    learned, held_out = (_texts(found, part) for part in (parts.train, np.concatenate(parts[1:3])))
    return report | {
        "parts": {name: len(part) for name, part in rows.items() if len(part)},
        "division": parts.remark,
        "leaks": _leaks(groups, parts_of(found)),
        "unknown_words": unknown_words(learned, held_out),
    }


def columns_of(table: Table) -> list[dict[str, Any]]:
    """What is known of each column."""
    return [
        {
            "name": column.name,
            "kind": column.kind.value,
            "missing": column.missing,
            "distinct": column.distinct,
            "example": column.first[0] if column.first else "",
        }
        for column in table.columns.values()
    ]


def overlaps(one: Sequence[str], other: Sequence[str]) -> int:
    """How many texts of the second are in the first, but for case and white space.

    >>> overlaps(["So so", "fine"], ["so  so", "bad"])
    1
    """
    return int(np.isin(text_groups(other), text_groups(one)).sum())


def unknown_words(learned: Iterable[str], held_out: Iterable[str]) -> float | None:
    """The share of the words of the second texts that are not in the first; None without words.

    >>> unknown_words(["so it is"], ["so it was"])
    0.3333333333333333
    """
    known: set[str] = set()
    for text in learned:
        if len(known) < _WORDS:
            known.update(_words(text))
    count = unknown = 0
    for text in held_out:
        for word in _words(text):
            count += 1
            unknown += word not in known
    return unknown / count if count else None


def _texts(found: Labelled, rows: NDArray[np.int64]) -> Iterator[str]:
    return (found.X[int(row)] for row in rows)


def _words(text: str) -> Iterator[str]:
    return (word.strip(".,;:!?\"'()[]") for word in text.casefold().split())


def _lengths(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    found = np.zeros((2, len(texts)), np.int64)
    for place, text in enumerate(texts):
        found[:, place] = len(text), len(text.split())
    return found[0], found[1]


def _duplicates(found: Labelled, groups: NDArray[np.int64]) -> dict[str, int]:
    """Rows whose text stands in an earlier row, and texts that have more than one target."""
    _, first, codes = np.unique(groups, return_index=True, return_inverse=True)
    targets = np.unique([str(one) for one in found.y], return_inverse=True)[1]
    different = targets != targets[first[codes]]
    return {"rows": len(groups) - len(first), "texts_with_several_targets": len(np.unique(codes[different]))}


def _leaks(groups: NDArray[np.int64], parts: NDArray[np.str_] | None) -> int:
    """Rows of a given part whose text is in the rows for training too."""
    if parts is None:
        return 0
    train = parts == Part.TRAIN
    return int(np.isin(groups[~train], groups[train]).sum())
