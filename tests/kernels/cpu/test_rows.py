"""Norms and coins against torch, at odd widths and groups."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.cells import Cell, affine, bernoulli, norm, trace
from seqloom.kernels import Call, Randomness
from seqloom.kernels.random_bits import bernoulli_mask
from tests.kernels.comparing import REFERENCE, assert_same, cpu, draw, error, outcome
from tests.kernels.cpu.widths import WIDTHS

FEW = settings(max_examples=6, derandomize=True)
EVERY_WIDTH = pytest.mark.parametrize("width", WIDTHS)


@dataclass(frozen=True, kw_only=True)
class Normed(Cell):
    """A norm between two maps."""

    kind: str
    groups: int

    def equations(self, x, h):
        return norm("n", affine("a", x, h), kind=self.kind, groups=self.groups) + 0.5 * h


@EVERY_WIDTH
@pytest.mark.parametrize("kind", ["layer", "rms"])
@FEW
@given(groups=st.integers(1, 4), of_each=st.integers(8, 29))
def test_norms(width: int, kind: str, groups: int, of_each: int) -> None:
    drawn = draw(Normed(kind=kind, groups=groups), hidden=groups * of_each)
    wanted = outcome(REFERENCE, drawn)
    assert_same(outcome(cpu(width), drawn), wanted, 1e-11)
    single = drawn.to(torch.float32)
    ours, rival = outcome(cpu(width), single), outcome(REFERENCE, single)
    for result in wanted:
        assert error(ours, wanted, result) <= max(2 * error(rival, wanted, result), 1e-5)


@dataclass(frozen=True, kw_only=True)
class Coins(Cell):
    """The coins themselves."""

    p: float
    per: str

    def equations(self, x, h):
        return bernoulli("keep", self.p, per=self.per) + 0.0 * h


@EVERY_WIDTH
@pytest.mark.parametrize("per", ["step", "sequence"])
@FEW
@given(
    hidden=st.integers(1, 80), p=st.sampled_from([0.0, 0.3, 0.5, 1.0]), dtype=st.sampled_from(["float32", "float64"])
)
def test_coins_are_those_of_torch(width: int, per: str, hidden: int, p: float, dtype: str) -> None:
    seeds = torch.tensor([0, 5, (1 << 62) - 1, 1 << 33])
    times = torch.tensor([0, 7, (1 << 32) - 1, (1 << 32) + 3])
    x = torch.zeros(4, 3, 1, dtype=getattr(torch, dtype))
    graph = trace(Coins(p=p, per=per), 1, hidden).graph
    y, _ = cpu(width).run(Call(graph, {}, x, (x.new_zeros(4, hidden),), None, Randomness(seeds, times)))
    for t in range(3):
        moment = times + t if per == "step" else torch.zeros_like(times)
        assert torch.equal(y[:, t], bernoulli_mask("keep", p, seeds, moment, hidden).to(y.dtype))
