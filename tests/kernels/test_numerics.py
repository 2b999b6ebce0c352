"""The law of numerics: a result of ours is no farther from float64 than twice the float32 reference, or 10⁻⁶."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pytest
import torch
from torch import Tensor

from tests.kernels.cells import CELLS, LIBRARY
from tests.kernels.comparing import CPU, REFERENCE, Draw, draw, outcome

FLOOR = 1e-6
ROUNDING = 2**-24
MAXIMUM_UNLUCKY = 9
"""Draws of a hundred that may break the law; in 1,600 measured ones 34 did. It is luck, in cells that magnify what
rounding does: of 60 layer-norm LSTMs 21 broke it, and 20 did for the reference with x's features in another order."""
MAXIMUM_EXCESS = 15
"""How many times the allowed error; the worst of the 1,600 had 6 times; of the 60 references in another order, 9."""
MAXIMUM_MEAN_RATIO = 1.2
"""Where luck cancels: over a hundred draws ours and the reference err alike; 1.04 over 800 measured ones."""


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


def errors(number: int) -> list[tuple[float, float]]:
    """Of all results of a draw, the error of ours and that of the reference, both in float32."""
    _, each = drawn(number)
    single = each.to(torch.float32)
    wanted, rival, ours = outcome(REFERENCE, each), outcome(REFERENCE, single), outcome(CPU, single)
    return [(error(ours, wanted, names), error(rival, wanted, names)) for names in groups(wanted | ours).values()]


def excess(found: Sequence[tuple[float, float]]) -> float:
    """The largest error over the allowed one."""
    return max(ours / max(2 * rival, FLOOR) for ours, rival in found)


def mean_ratio(found: Sequence[tuple[float, float]]) -> float:
    """The geometric mean of ours over the reference's; errors below one rounding count as one."""
    ratios = [math.log(max(ours, ROUNDING) / max(rival, ROUNDING)) for ours, rival in found]
    return math.exp(sum(ratios) / len(ratios))


def check(numbers: range) -> None:
    """Rounding errors are luck: in few draws in a hundred ours is bad and the reference's good, never by far."""
    found = [errors(number) for number in numbers]
    assert sum(excess(each) > 1 for each in found) <= MAXIMUM_UNLUCKY * len(numbers) / 100
    assert max(map(excess, found)) <= MAXIMUM_EXCESS
    assert mean_ratio([pair for each in found for pair in each]) <= MAXIMUM_MEAN_RATIO


def test_a_sample() -> None:
    check(range(60))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 4100, 100))
def test_three_thousand_draws(first: int) -> None:
    check(range(first, first + 100))
