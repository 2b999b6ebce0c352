"""Splits: shares as wanted, classes as in the whole, nothing of a group, a text or a time on both sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.data.splits import split_by_time, split_rows, text_groups
from seqloom.errors import DataError, UsageError


@settings(max_examples=60)
@given(
    groups=st.lists(st.integers(0, 30), min_size=20, max_size=80),
    labels=st.integers(1, 4),
    share=st.floats(0.1, 0.6),
    seed=st.integers(0, 99),
)
def test_every_row_is_on_one_side_with_its_group(groups: list[int], labels: int, share: float, seed: int) -> None:
    if len(set(groups)) < 4:
        return
    label = [group % labels for group in groups]
    try:
        train, held = split_rows(len(groups), share, seed, labels=label, groups=groups)
    except DataError:
        return  # where one group is nearly all
    assert sorted([*train, *held]) == list(range(len(groups)))
    assert not {groups[row] for row in train} & {groups[row] for row in held}
    again = split_rows(len(groups), share, seed, labels=label, groups=groups)
    assert np.array_equal(again.held_out, held)


def test_each_class_has_its_share() -> None:
    labels = ["a"] * 700 + ["b"] * 250 + ["c"] * 45 + ["d"] * 5
    parts = split_rows(1000, 0.1, seed=3, labels=labels)
    held = [labels[row] for row in parts.held_out]
    assert len(held) == 100
    assert [held.count(label) for label in "ab"] == [70, 25]
    assert held.count("c") + held.count("d") == 5
    assert {held.count("c"), held.count("d")} in ({4, 1}, {5, 0})
    assert not np.array_equal(parts.held_out, split_rows(1000, 0.1, seed=4, labels=labels).held_out)


def test_groups_come_near_to_the_share() -> None:
    random = np.random.default_rng(0)
    groups = random.integers(0, 60, 1000)
    labels = groups % 3
    held = split_rows(1000, 0.2, seed=0, labels=labels, groups=groups).held_out
    assert 170 <= len(held) <= 230
    assert np.bincount(labels[held]).min() > 40


def test_a_huge_group_is_learnt_from() -> None:
    groups = [0] * 90 + list(range(1, 11))
    for seed in range(5):
        parts = split_rows(100, 0.1, seed=seed, groups=groups)
        assert set(parts.held_out) == set(range(90, 100))


def test_like_texts_stay_together() -> None:
    texts = [f"Text {n % 40}" if n % 2 else f"text  {n % 40} " for n in range(120)]
    parts = split_rows(120, 0.25, seed=1, groups=text_groups(texts))
    assert not {texts[row].casefold() for row in parts.train} & {texts[row].casefold() for row in parts.held_out}
    assert len(parts.held_out) == 30


def test_the_latest_times_are_held_out() -> None:
    times = np.array(["2024-03-01", "2024-01-01", "NaT", "2024-02-01", "2024-03-01", "2024-01-05"], "datetime64[D]")
    parts = split_by_time(times, 0.2)
    assert parts.held_out.tolist() == [0, 4]
    assert parts.train.tolist() == [1, 2, 3, 5]
    assert split_by_time([3.0, np.nan, 1.0, 2.0], 0.34).held_out.tolist() == [0]


def test_what_cannot_be_divided_is_said() -> None:
    with pytest.raises(UsageError, match="share between 0 and 1"):
        split_rows(10, 1.0, 0)
    with pytest.raises(UsageError, match="labels: expected one for each of 10 rows"):
        split_rows(10, 0.1, 0, labels=[1, 2])
    with pytest.raises(DataError, match="Too few groups to divide: 10 rows give 10"):
        split_rows(10, 0.1, 0, groups=[1] * 10)
    with pytest.raises(DataError, match="Too few rows"):
        split_rows(2, 0.1, 0)
    with pytest.raises(DataError, match="No row has a time"):
        split_by_time([np.nan], 0.5)
    with pytest.raises(DataError, match="Too few times"):
        split_by_time([1.0, 1.0], 0.5)
