"""Rows of tokens, in memory or in a file, and texts of a table that are read when they are asked for."""

from __future__ import annotations

import pytest
import torch

from seqloom.data.lazy_rows import LazyRows, chosen_rows
from seqloom.data.stored_rows import stored_rows
from seqloom.data.tables.cells import Cells, Chosen
from seqloom.data.unnamed import Unnamed
from seqloom.tasks.examples.values import Given

ROWS = [torch.arange(length) * 70_000 % (1 << 31) for length in (3, 0, 1, 5)]


@pytest.mark.parametrize("most", [0, 3, 4, 8, 9])
def test_rows_are_the_same_wherever_they_are(most: int) -> None:
    found = stored_rows(iter(ROWS), most)
    assert isinstance(found, list) is (most >= 9)
    assert len(found) == len(ROWS)
    for row, wanted in zip(found, ROWS, strict=True):
        assert torch.equal(row, wanted)
        assert row.dtype == torch.int64
    assert torch.equal(found[-1], ROWS[-1])


def test_many_rows_take_no_memory() -> None:
    found = stored_rows((torch.full((1000,), 7) for _ in range(20)), most=5000)
    assert isinstance(found, LazyRows)
    assert found.lengths == (1000,) * 20


def test_some_texts_of_a_table_are_read_when_they_are_asked_for() -> None:
    with Unnamed("cells", None) as file:
        cells = Cells(file)
        cells.write(["a", "b", "c", "d"])
        some = Given(Chosen(cells, [3, 1, 0]), [1, 2, 3]).rows([2, 0])
        assert isinstance(some.X, Chosen)
        assert (list(some.X), some.y) == (["a", "d"], [3, 1])
        assert chosen_rows(["a", "b"], [1]) == ["b"]
