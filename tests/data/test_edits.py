from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from seqloom.data.edits import aligned, edit_distance


def by_table(true: Sequence[int], found: Sequence[int]) -> int:
    """The textbook's table, row by row."""
    row = list(range(len(found) + 1))
    for i, x in enumerate(true, 1):
        below = [i]
        for j, y in enumerate(found, 1):
            below.append(min(row[j] + 1, below[-1] + 1, row[j - 1] + (x != y)))
        row = below
    return row[-1]


@pytest.mark.parametrize("longest", [3, 9, 70])
def test_distances_and_alignments_are_those_of_the_table(longest: int) -> None:
    drawn = random.Random(longest)
    for _ in range(1500 // longest):
        true, found = ([drawn.randrange(3) for _ in range(drawn.randrange(longest + 1))] for _ in range(2))
        wanted = by_table(true, found)
        assert edit_distance(true, found) == wanted
        pairs = aligned(true, found)
        assert [pair.true for pair in pairs if pair.true is not None] == true
        assert [pair.found for pair in pairs if pair.found is not None] == found
        assert sum(pair.true != pair.found for pair in pairs) == wanted


def test_a_book_takes_a_moment() -> None:
    drawn = random.Random(0)
    true = [drawn.randrange(3000) for _ in range(10_000)]
    found = [item if drawn.random() < 0.8 else -1 for item in true]
    assert (
        edit_distance(true, found) == found.count(-1) == sum(pair.true != pair.found for pair in aligned(true, found))
    )
