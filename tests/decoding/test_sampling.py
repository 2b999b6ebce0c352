from __future__ import annotations

import math
from collections import Counter

import pytest
import torch

from seqloom.decoding import Filter, Forbid, Temperature, sample
from seqloom.errors import DivergedError, UsageError
from tests.decoding.toy import Toy


def rows_of(toy: Toy, seeds: list[int], limit: int = 12, filters: tuple[Filter, ...] = ()) -> list[list[int]]:
    logits, state = toy.begin(len(seeds))
    out: list[list[int]] = [[] for _ in seeds]
    for row, token in sample(toy.step, toy.select, logits, state, seeds=seeds, limit=limit, end=0, filters=filters):
        out[row].append(token)
    return out


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    toy = Toy(seed=3)
    seeds = list(range(20))
    together = rows_of(toy, seeds)
    assert together == [rows_of(toy, [seed])[0] for seed in seeds]
    assert len({tuple(row) for row in together}) > 5
    assert len({len(row) for row in together}) > 2


def test_the_same_seed_gives_the_same_text_beyond_one_block_of_random_numbers() -> None:
    toy = Toy(seed=3)
    filters = (Forbid((0,)),)
    first, second = rows_of(toy, [5, 9], 600, filters), rows_of(toy, [9, 5], 600, filters)
    assert first == second[::-1]
    assert [len(row) for row in first] == [600, 600]


def test_frequencies_are_the_models_probabilities() -> None:
    toy = Toy(seed=1, scale=1.0)
    count = 4000
    drawn = Counter(tuple(row) for row in rows_of(toy, list(range(count)), limit=2))
    for tokens, log_probability, finished in toy.everything(2):
        if finished or len(tokens) == 2:
            p = math.exp(log_probability)
            assert abs(drawn[tokens] / count - p) < 4 * math.sqrt(p * (1 - p) / count) + 1e-9


def test_temperature_zero_takes_the_likeliest_at_every_step() -> None:
    toy = Toy(seed=2)
    logits, state = toy.begin()
    expected = []
    for _ in range(12):
        token = logits.argmax(-1)
        if token == 0:
            break
        expected.append(int(token))
        logits, state = toy.step(token, state)
    assert rows_of(toy, [0], filters=(Temperature(0),)) == [expected]


def test_a_finished_row_leaves_the_batch() -> None:
    toy = Toy(seed=3)
    widths = []
    step = toy.step

    def watched(tokens: torch.Tensor, state: object) -> object:
        widths.append(len(tokens))
        return step(tokens, state)  # type: ignore[arg-type]

    toy.step = watched  # type: ignore[method-assign,assignment]
    rows_of(toy, list(range(20)))
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0]


def test_a_row_that_the_reader_has_done_with_leaves_the_batch() -> None:
    toy = Toy(seed=3)
    logits, state = toy.begin(3)
    filters = (Forbid((0,)),)
    whole = rows_of(toy, [4, 5, 6], filters=filters)
    done: set[int] = set()
    found: list[list[int]] = [[], [], []]
    widths = []
    step = toy.step

    def watched(tokens: torch.Tensor, state: object) -> object:
        widths.append(len(tokens))
        return step(tokens, state)  # type: ignore[arg-type]

    drawn = sample(watched, toy.select, logits, state, seeds=[4, 5, 6], limit=12, filters=filters, done=done)  # type: ignore[arg-type]
    for row, token in drawn:
        found[row].append(token)
        if len(found[row]) == (5, 2, 9)[row]:
            done.add(row)
    assert found == [whole[0][:5], whole[1][:2], whole[2][:9]]
    assert widths == [3, 2, 2, 2, 1, 1, 1, 1]


def test_it_streams() -> None:
    toy = Toy(seed=3)
    logits, state = toy.begin()
    calls_before = toy.widest
    stream = sample(toy.step, toy.select, logits, state, seeds=[1], limit=10**9, end=None)
    assert [next(stream) for _ in range(3)]
    assert calls_before == 1


def test_bad_calls_say_what_is_wrong() -> None:
    toy = Toy()
    logits, state = toy.begin(2)
    with pytest.raises(UsageError, match="one seed for each of 2 rows"):
        list(sample(toy.step, toy.select, logits, state, seeds=[1], limit=1))
    with pytest.raises(UsageError, match="no token"):
        list(sample(toy.step, toy.select, logits, state, seeds=[1, 2], limit=1, filters=[Forbid((0, 1, 2, 3))]))
    with pytest.raises(DivergedError):
        list(sample(toy.step, toy.select, logits * math.nan, state, seeds=[1, 2], limit=1))
