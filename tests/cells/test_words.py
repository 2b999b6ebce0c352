"""The words of a cell: what they make, and what they refuse."""

from __future__ import annotations

import pytest
import torch

from seqloom.cells import LSTM, Cell, Symbol, affine, bernoulli, formula, norm, part, relu, trace, weight
from seqloom.cells import maximum as larger
from seqloom.errors import UsageError


def cell(equations, state=("h",)):
    """A cell from a function."""
    return type("Made", (Cell,), {"state": state, "equations": lambda self, x, *states: equations(x, *states)})()


def test_parameters_carry_the_names_of_the_equations() -> None:
    graph = trace(cell(lambda x, h: affine("mix", x, h * weight("decay", 0.5), bias=False)), 3, 4).graph
    assert [(p.name, p.shape, p.part) for p in graph.parameters()] == [
        ("decay.vector", (4,), "vector"),
        ("mix.weight_0", (4, 3), "input"),
        ("mix.weight_1", (4, 4), "recurrent"),
    ]


def test_blocks_are_heads() -> None:
    graph = trace(cell(lambda x, h: affine("mix", x, h, blocks=2)), 6, 4).graph
    assert [p.shape for p in graph.parameters()] == [(2, 2, 3), (2, 2, 2), (4,)]


def test_parts_of_x_lie_side_by_side() -> None:
    graph = trace(cell(lambda x, h: part(x, 1, of=3) + h * part(x, 2, of=3)), 12, 4).graph
    assert formula(graph) == "h' = x[4:8] + (h * x[8:12])\ny = h'"
    assert graph.has_parts


@pytest.mark.parametrize(
    ("equations", "message"),
    [
        (lambda x, h: h if h else x, "cannot branch"),
        (lambda x, h: h if h > 0 else x, "cannot branch"),
        (lambda x, h: h if h == 1 else x, "cannot branch"),
        (lambda x, h: h if h != x else x, "cannot branch"),
        (lambda x, h: torch.tanh(h), "torch.tanh cannot be used"),
        (lambda x, h: h**2, "x \\* x"),
        (lambda x, h: h[0], "cannot be indexed"),
        (lambda x, h: h @ h, "affine"),
        (lambda x, h: affine("a", x) + affine("a", h), "used twice"),
        (lambda x, h: affine("h", x), "used twice"),
        (lambda x, h: affine("a.b", x), "lower-case letters"),
        (lambda x, h: affine("a"), "at least one operand"),
        (lambda x, h: affine("a", x, out=3, blocks=2), "do not divide"),
        (lambda x, h: x + h, "widths 3 and 4 differ"),
        (lambda x, h: h + "1", "not str"),
        (lambda x, h: norm("n", h, kind="batch"), "'layer' or 'rms'"),
        (lambda x, h: norm("n", h, groups=3), "do not divide"),
        (lambda x, h: part(h, 0, of=2), "only x has parts"),
        (lambda x, h: part(x, 0, of=2), "x has 3 columns; there is no part 0 of 2"),
        (lambda x, h: part(x, 3, of=3), "no part 3 of 3, counted from 0"),
        (lambda x, h: bernoulli("b", 1.5), "probability"),
        (lambda x, h: bernoulli("b", 0.5, per="batch"), "'step' or 'sequence'"),
        (lambda x, h: (h, h), "must return the new states"),
        (lambda x, h: None, "must return the new states"),
        (lambda x, h: affine("a", x, out=2), "width 4, but its new value has 2"),
    ],
)
def test_what_a_cell_cannot_say(equations, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        trace(cell(equations), 3, 4)


def test_a_cell_without_state() -> None:
    with pytest.raises(UsageError, match="names no state"):
        trace(cell(lambda x: (), state=()), 3, 4)


def test_words_mean_nothing_outside_equations() -> None:
    with pytest.raises(UsageError, match="inside the equations"):
        weight("w")


def test_a_value_of_another_trace_is_refused() -> None:
    kept: list[Symbol] = []
    trace(cell(lambda x, h: kept.append(h) or h), 3, 4)
    with pytest.raises(UsageError, match="another cell or step"):
        trace(cell(lambda x, h: larger(h, kept[0])), 3, 4)


def test_the_formula_of_an_lstm() -> None:
    assert formula(trace(LSTM(), 3, 4).graph).splitlines()[-5:] == [
        "output_gate = sigmoid(output)",
        "cell_state = (forget_gate * c) + (input_gate * candidate)",
        "h' = output_gate * tanh(cell_state)",
        "c' = cell_state",
        "y = h'",
    ]


def test_the_formula_shows_norms_masks_and_negation() -> None:
    graph = trace(cell(lambda x, h: bernoulli("keep", 0.5) * relu(-norm("scaled", h, kind="rms"))), 3, 4).graph
    assert formula(graph) == "scaled = rms_norm(h)\nh' = keep * relu(-scaled)\ny = h'"
