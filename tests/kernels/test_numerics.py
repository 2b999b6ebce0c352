"""The law of numerics: no result of ours is farther from float64 than twice the float32 reference, or 10⁻⁶."""

from __future__ import annotations

import random

import pytest
import torch

from tests.kernels.cells import CELLS, LIBRARY
from tests.kernels.comparing import CPU, REFERENCE, Draw, draw, error, outcome

FLOOR = 1e-6


def drawn(number: int) -> tuple[str, Draw]:
    """A cell, sizes, lengths and states from ``number`` alone; odd sizes are common and large ones rare."""
    chance = random.Random(number)
    name = chance.choice([*LIBRARY, *CELLS])
    time = chance.choice([0, 1, 2, 3, 5, 9, 17, 33, 65] if chance.random() < 0.5 else range(1, 25))
    batch = chance.choice([1, 2, 3, 5, 8, 9, 17])
    hidden = chance.choice(range(1, 71) if chance.random() < 0.3 else range(1, 24))
    features = chance.choice(range(1, 40))
    lengths = torch.tensor([chance.randint(0, time) for _ in range(batch)]) if chance.random() < 0.4 else None
    return name, draw(CELLS[name], features, hidden, batch, time, lengths, masks=chance.random() < 0.5, seed=number)


def breaches(number: int) -> list[str]:
    """What in the draw breaks the law."""
    name, each = drawn(number)
    single = each.to(torch.float32)
    wanted, rival, ours = outcome(REFERENCE, each), outcome(REFERENCE, single), outcome(CPU, single)
    found = []
    for result in wanted.keys() | ours.keys():
        mine, allowed = error(ours, wanted, result), max(2 * error(rival, wanted, result), FLOOR)
        if not mine <= allowed:
            found.append(f"draw {number} ({name}), {result}: error {mine:.1e}, allowed {allowed:.1e}")
    return found


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_a_sample(first: int) -> None:
    assert not [line for number in range(first, first + 10) for line in breaches(number)]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 4100, 100))
def test_three_thousand_draws(first: int) -> None:
    assert not [line for number in range(first, first + 100) for line in breaches(number)]
