from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from seqloom.data import IGNORED, Batch, Padded
from seqloom.errors import UsageError

LENGTHS = st.lists(st.integers(1, 12), min_size=1, max_size=60)


def examples(lengths: list[int]) -> list[Tensor]:
    """Example k holds k + 1 at every step."""
    return [torch.full((length, 2), float(k + 1)) for k, length in enumerate(lengths)]


def check(batch: Batch, lengths: list[int]) -> list[int]:
    """The examples of a batch, each whole and padded with zeros."""
    assert batch.length is not None
    rows = batch.targets.tolist()
    assert batch.length.tolist() == [lengths[row] for row in rows]
    assert batch.x.shape[1] == max(batch.length)
    for values, length, row in zip(batch.x, batch.length.tolist(), rows, strict=True):
        assert (values[:length] == row + 1).all()
        assert (values[length:] == 0).all()
    return rows


@given(LENGTHS, st.integers(1, 9), st.sampled_from([None, 0, 7]), st.integers(0, 3))
def test_every_example_once_an_epoch(lengths: list[int], batch_size: int, seed: int | None, epoch: int) -> None:
    padded = Padded({"x": examples(lengths)}, torch.arange(len(lengths)), batch_size, seed).epoch(epoch)
    seen = [row for batch in padded for row in check(batch, lengths)]
    assert sorted(seen) == list(range(len(lengths)))
    assert [batch.size for batch in padded][:-1] == [batch_size] * (len(padded) - 1)
    if seed is None:
        assert seen == sorted(seen)
    again = Padded({"x": examples(lengths)}, torch.arange(len(lengths)), batch_size, seed).epoch(2).epoch(epoch)
    assert [batch.targets.tolist() for batch in again] == [batch.targets.tolist() for batch in padded]


def test_epochs_and_seeds_differ() -> None:
    rows, targets = examples([1] * 50), torch.arange(50)
    orders = {
        tuple(int(batch.targets[0]) for batch in Padded({"x": rows}, targets, 1, seed).epoch(epoch))
        for seed in range(3)
        for epoch in range(3)
    }
    assert len(orders) == 9


def test_like_lengths_stand_together_and_batches_are_mixed() -> None:
    lengths = np.random.default_rng(0).integers(1, 100, 6400).tolist()
    padded = Padded({"x": examples(lengths)}, torch.arange(6400), 32, seed=1)
    widths = [batch.x.shape[1] for batch in padded]
    real, wide = sum(lengths), sum(width * 32 for width in widths)
    assert real / wide > 0.95
    steps = np.abs(np.diff(widths))
    assert np.median(steps) > 10, "short batches and long ones take turns"


def test_several_inputs() -> None:
    padded = Padded({"a": examples([2, 3]), "b": examples([4, 1])}, torch.arange(2), 2)
    assert {name: lengths.tolist() for name, lengths in padded[0].lengths.items()} == {"a": [2, 3], "b": [4, 1]}
    assert padded[0].rows(1, 2).inputs["b"].shape == (1, 4, 2)


def test_a_target_for_each_step() -> None:
    targets = [torch.tensor([1, 2]), torch.tensor([3]), torch.tensor([4, 5, 6])]
    batch = Padded({"x": examples([2, 1, 3])}, targets, 3)[0]
    assert batch.targets.tolist() == [[1, 2, IGNORED], [3, IGNORED, IGNORED], [4, 5, 6]]
    pairs = [torch.ones(2, 2), torch.ones(1, 2)]
    assert Padded({"x": examples([2, 1])}, pairs, 2)[0].targets.shape == (2, 2, 2)


def test_real_steps_are_counted() -> None:
    padded = Padded({"a": examples([2, 3, 1]), "b": examples([1, 4, 1])}, torch.arange(3), 2)
    assert padded.steps == 2 + 4 + 1
    assert padded.padding == pytest.approx(2 / 7)
    lengths = np.random.default_rng(0).integers(1, 100, 3200).tolist()
    assert Padded({"x": examples(lengths)}, torch.arange(3200), 32, seed=1).padding < 0.05


@pytest.mark.parametrize("seed", [None, 3])
def test_long_examples_come_in_smaller_batches(seed: int | None) -> None:
    lengths = [*np.random.default_rng(0).integers(1, 20, 60).tolist(), 500, 90]
    padded = Padded({"x": examples(lengths)}, torch.arange(62), 8, seed, most_steps=100)
    for epoch in range(3):
        seen = []
        for batch in padded.epoch(epoch):
            seen += check(batch, lengths)
            assert batch.size == 1 or (batch.size <= 8 and batch.size * batch.x.shape[1] <= 100)
        assert sorted(seen) == list(range(62))
    plain = Padded({"x": examples(lengths)}, torch.arange(62), 8, seed)
    same = Padded({"x": examples(lengths)}, torch.arange(62), 8, seed, most_steps=4000)
    assert [batch.targets.tolist() for batch in plain] == [batch.targets.tolist() for batch in same]


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(UsageError, match="x: expected 3 examples, one for each target, got 2"):
        Padded({"x": examples([1, 2])}, torch.arange(3), 2)
    with pytest.raises(UsageError, match="x: example 1 has no step"):
        Padded({"x": [torch.ones(1), torch.ones(0)]}, torch.arange(2), 2)
    with pytest.raises(UsageError, match="batch_size"):
        Padded({"x": examples([1])}, torch.arange(1), 0)
    with pytest.raises(IndexError, match="Batch 1 of 1"):
        Padded({"x": examples([1])}, torch.arange(1), 2)[1]


def test_batches_are_sorted_by_the_lengths_of_both_sides() -> None:
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 9, (400, 2), generator=generator).tolist()
    sources, targets = ([torch.zeros(pair[side]) for pair in lengths] for side in (0, 1))
    by_both = Padded({"x": sources}, targets, batch_size=8, seed=0)
    by_source = Padded({"x": sources}, torch.zeros(400), batch_size=8, seed=0)

    def written(batches: Padded) -> int:
        rows = [batches.rows(index) for index in range(len(batches))]
        return sum(len(some) * max(len(targets[row]) for row in some) for some in rows)

    assert written(by_both) < 0.85 * written(by_source)
    few = Padded({"x": sources}, targets, batch_size=64, seed=0, most_steps=40)
    assert max(max(batch.x.numel(), batch.targets.numel()) for batch in few) <= 40
