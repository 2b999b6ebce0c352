"""A walk through a step: what is lit, and that its numbers are those of the layer."""

from __future__ import annotations

import pytest
import torch

from seqloom.cells import GRU, LSTM, Cell, affine, named, sigmoid, tanh
from seqloom.errors import UsageError
from seqloom.inspection import trace
from seqloom.inspection.diagrams.walking import values_of, walk
from seqloom.inspection.report import page
from seqloom.layers import Recurrent
from tests.kernels.cells import CELLS


@pytest.mark.parametrize("step", [0, 2, -1])
def test_the_numbers_are_those_of_a_trace(step: int) -> None:
    torch.manual_seed(0)
    layer, x = Recurrent(LSTM, 3, 5), torch.randn(6, 3)
    seen = trace(layer, x[None])
    found = values_of(layer, x, step, unit=3)
    for name, position in layer.graph.quantities.items():
        assert found[position] == pytest.approx(float(seen[name][0, step, 3]), abs=1e-6)


def test_each_gate_has_its_picture_its_equation_and_its_numbers() -> None:
    torch.manual_seed(0)
    layer, x = Recurrent(LSTM, 3, 5), torch.randn(6, 3)
    sections = walk(layer, x, step=2, unit=1, name="b")
    assert [one.title for one in sections] == [
        "Input gate",
        "Forget gate",
        "Candidate",
        "Output gate",
        "Cell state",
        "New state h",
    ]
    assert sections[0].says == ["Unit 1 at step 2, which reads 'b'."]
    formulas, picture, table = sections[1].shown
    assert formulas.lit == ["forget_gate", "forget"]
    assert formulas._repr_html_().count("outline") == 2
    assert picture.content.count(b'stroke-width="3"') == 1
    assert [row[0] for row in table.rows] == ["forget", "forget gate"]
    before, after = (float(row[1]) for row in table.rows)
    assert after == pytest.approx(float(torch.sigmoid(torch.tensor(before))), abs=2e-3)
    keeps, c, writes, candidate, now = (float(row[1]) for row in sections[4].shown[2].rows)
    assert now == pytest.approx(keeps * c + writes * candidate, abs=3e-3)
    assert page("A walk", sections).count("<math") == 6


QUICK = "GRU", "EveryWord", "Widths"


@pytest.mark.parametrize("name", [one if one in QUICK else pytest.param(one, marks=pytest.mark.slow) for one in CELLS])
def test_every_cell_can_be_walked_through(name: str) -> None:
    layer = Recurrent(CELLS[name], 8, 8)
    for section in walk(layer, torch.rand(3, 8)):
        assert section._repr_html_()


def test_a_users_cell_can_be_walked_through() -> None:
    class Own(Cell):
        def equations(self, x, h):
            valve = named("valve", sigmoid(affine("valve", x, h)))
            return valve * tanh(affine("new", x)) + (1 - valve) * h

    assert [one.title for one in walk(Recurrent(Own, 2, 3), torch.ones(2, 2))] == ["Valve", "New state h"]


def test_steps_and_units_that_there_are_not_are_refused() -> None:
    layer = Recurrent(GRU, 2, 3).train()
    for wrong, says in (
        ({"step": 4}, "one of 0 … 3, or -1 for the last; got 4"),
        ({"unit": 3}, "one of 0 … 2; got 3"),
        ({"x": torch.ones(4, 3)}, r"shape \(T, 2\); got \(4, 3\)"),
    ):
        with pytest.raises(UsageError, match=says):
            walk(layer, **{"x": torch.ones(4, 2), **wrong})
    walk(layer, torch.ones(4, 2))
    assert layer.training
