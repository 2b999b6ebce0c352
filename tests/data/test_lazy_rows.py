"""Rows that are made when they are asked for."""

from __future__ import annotations

import torch

from seqloom.data.lazy_rows import LazyRows, chosen_rows, lengths_of
from seqloom.data.padded import Padded
from seqloom.tasks.examples.rows import check_rows
from seqloom.tasks.examples.values import Examples, Given


def counted(made: list[int]) -> LazyRows[torch.Tensor]:
    def make(place: int) -> torch.Tensor:
        made.append(place)
        return torch.full((place + 1,), float(place))

    return LazyRows(make, range(1, 11))


def test_batches_make_their_own_rows_alone() -> None:
    made: list[int] = []
    rows = counted(made)
    check_rows(rows, list(range(10)))
    given = Given(rows, list(range(10))).rows([9, 3, 2, 1])
    examples = Examples({"x": given.X}, torch.arange(4)).rows([1, 2, 3])
    batches = Padded(examples.inputs, examples.targets, batch_size=2)
    assert lengths_of(given.X) == (10, 4, 3, 2)
    assert made == []
    assert batches[1].x.tolist() == [[1.0, 1.0]]
    assert made == [1]
    assert batches[0].x.tolist() == [[3.0] * 4, [2.0] * 3 + [0.0]]


def test_slices_and_maps_stay_lazy() -> None:
    made: list[int] = []
    half = counted(made)[::2].map(lambda row: row * 2, length=lambda length: length * 3)
    assert len(half) == 5
    assert half.lengths == (3, 9, 15, 21, 27)
    assert made == []
    assert half[-1].tolist() == [16.0] * 9
    assert chosen_rows([5, 6, 7], [2, 0]) == [7, 5]
