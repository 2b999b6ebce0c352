"""How many edits turn one sequence into another, and which.

Both go over bits: column j of the table of distances D[i, j], between the first i and the first j items, is kept as
where it rises and where it falls from one row to the next, a bit each in two whole numbers of any size, so that an item
of the other sequence costs a few operations (Myers, 1999, "A fast bit-vector algorithm for approximate string matching
based on dynamic programming"; Hyyrö, 2003, for distances of whole sequences).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

__all__ = ["Pair", "aligned", "edit_distance"]


class Pair(NamedTuple):
    """An item of the true sequence and what was found in its place; None where there is nothing on that side."""

    true: Hashable | None
    found: Hashable | None


class _Column(NamedTuple):
    """One column of the table: bit i is whether D rises (falls) from row i to row i + 1; and its last row."""

    rises: int
    falls: int
    distance: int


def edit_distance(true: Sequence[Hashable], found: Sequence[Hashable]) -> int:
    """The fewest substitutions, insertions and deletions that turn ``true`` into ``found`` (Levenshtein, 1966).

    >>> edit_distance("kitten", "sitting"), edit_distance([1, 2], []), edit_distance([], [])
    (3, 2, 0)
    """
    distance = len(true)
    for column in _columns(true, found):
        distance = column.distance
    return distance


def aligned(true: Sequence[Hashable], found: Sequence[Hashable]) -> list[Pair]:
    """The items of both, side by side, as few of them different as can be; takes a quarter of a byte for each pair.

    >>> [f"{pair.true or '-'}{pair.found or '-'}" for pair in aligned("cats", "hat")]
    ['ch', 'aa', 'tt', 's-']
    """
    columns = list(_columns(true, found))
    pairs: list[Pair] = []
    i, j = len(true), len(found)
    while i and j:
        if columns[j - 1].rises >> (i - 1) & 1:
            i -= 1
            pairs.append(Pair(true[i], None))
        elif j > 1 and columns[j - 2].falls >> (i - 1) & 1:
            j -= 1
            pairs.append(Pair(None, found[j]))
        else:
            i, j = i - 1, j - 1
            pairs.append(Pair(true[i], found[j]))
    pairs += [Pair(true[k], None) for k in reversed(range(i))]
    pairs += [Pair(None, found[k]) for k in reversed(range(j))]
    return pairs[::-1]


def _columns(true: Sequence[Hashable], found: Sequence[Hashable]) -> Iterator[_Column]:
    """The columns of the table of distances, one for each item that was found."""
    places: dict[Hashable, int] = {}
    for row, item in enumerate(true):
        places[item] = places.get(item, 0) | 1 << row
    mask, last = (1 << len(true)) - 1, 1 << len(true) >> 1
    rises, falls, distance = mask, 0, len(true)
    for item in found:
        same = places.get(item, 0)
        diagonal = ((same & rises) + rises ^ rises) | same | falls
        right_rises = falls | (mask & ~(diagonal | rises))
        right_falls = rises & diagonal
        distance += bool(right_rises & last) - bool(right_falls & last) if last else 1
        right_rises = (right_rises << 1 | 1) & mask
        right_falls = right_falls << 1 & mask
        rises = right_falls | (mask & ~(diagonal | right_rises))
        falls = right_rises & diagonal
        yield _Column(rises, falls, distance)
