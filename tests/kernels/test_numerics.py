"""The law of numerics: no result of ours is farther from float64 than twice the float32 reference, or 10⁻⁶."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pytest
import torch
from torch import Tensor

from tests.kernels.cells import CELLS, LIBRARY
from tests.kernels.comparing import CPU, REFERENCE, Draw, draw, outcome

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


def groups(results: Mapping[str, Tensor]) -> dict[str, list[str]]:
    """Results that are measured by one scale: outputs, final states, gradients of x, of the states, of each map."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in results:
        found[name.rpartition(".")[0] or name.rstrip("0123456789")].append(name)
    return found


def error(got: Mapping[str, Tensor], wanted: Mapping[str, Tensor], names: Sequence[str]) -> float:
    """The largest difference relative to the largest entry; a missing gradient is 0; NaN is infinite."""
    none = torch.zeros(())
    pairs = [(got.get(name, none).double(), wanted.get(name, none).double()) for name in names]
    differences = [float((a - b).abs().nan_to_num(torch.inf).max()) for a, b in pairs if a.numel() * b.numel()]
    largest = max((float(b.abs().max()) for _, b in pairs if b.numel()), default=0.0)
    return max(differences, default=0.0) / (largest or 1.0)


def breaches(number: int) -> list[str]:
    """What in the draw breaks the law, twice: what is luck with one x, as at a kink or where sums cancel, is not there
    with another."""
    name, each = drawn(number)
    once = found_in(f"draw {number} ({name})", each)
    return once and found_in(f"draw {number} ({name})", each.with_x(each.call.x.flip(1, 2)))


def found_in(label: str, each: Draw) -> list[str]:
    single = each.to(torch.float32)
    wanted, rival, ours = outcome(REFERENCE, each), outcome(REFERENCE, single), outcome(CPU, single)
    found = []
    for group, names in groups(wanted | ours).items():
        mine, allowed = error(ours, wanted, names), max(2 * error(rival, wanted, names), FLOOR)
        if not mine <= allowed:
            found.append(f"{label}, {group}: error {mine:.1e}, allowed {allowed:.1e}")
    return found


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_a_sample(first: int) -> None:
    assert not [line for number in range(first, first + 10) for line in breaches(number)]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 4100, 100))
def test_three_thousand_draws(first: int) -> None:
    assert not [line for number in range(first, first + 100) for line in breaches(number)]
