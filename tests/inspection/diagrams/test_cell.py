"""The step of every cell, ours and odd ones, as boxes and arrows: all that is read is drawn, and no line runs through
a box."""

from __future__ import annotations

from itertools import pairwise

import pytest

from seqloom.cells import GRU, LSTM, Cell, Graph, affine, named, sigmoid, tanh, trace
from seqloom.inspection.diagrams.cell import draw_cell
from seqloom.inspection.diagrams.drawing import Shape
from seqloom.inspection.diagrams.flow import flow_of
from tests.inspection.diagrams.looking import SVG, Area, check_drawing, texts
from tests.kernels.cells import CELLS


class Long(Cell):
    """More than can be followed."""

    def equations(self, x, h):
        for number in range(60):
            h = named(f"layer_{number}", tanh(affine(f"map_{number}", x, h)))
        return h


def graph_of(name: str) -> Graph:
    return trace(CELLS[name], 8, 8).graph


def crosses(start: tuple[float, float], end: tuple[float, float], box: Area) -> bool:
    """Whether a line runs through the inside of a box."""
    points = [tuple(a + (b - a) * k / 12 for a, b in zip(start, end, strict=True)) for k in range(13)]
    return any(box.left + 2 < x < box.right - 2 and box.top + 2 < y < box.bottom - 2 for x, y in points)


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_draws(name: str) -> None:
    graph = graph_of(name)
    drawing = draw_cell(graph)
    root = check_drawing(drawing)
    said = " ".join(texts(drawing))
    for quantity in dict(graph.names):
        assert quantity.replace("_", " ") in said or quantity in said
    boxes = [
        Area(x, y, x + width, y + height)
        for part in root[3:]
        if part.tag == f"{SVG}rect"
        for x, y, width, height in [[float(part.get(key)) for key in ("x", "y", "width", "height")]]
    ]
    for part in root.iter(f"{SVG}polyline"):
        points = [tuple(map(float, point.split(","))) for point in part.get("points").split()]
        assert not [box for ends in pairwise(points) for box in boxes if crosses(*ends, box)]


def test_what_is_too_long_is_a_list_of_equations() -> None:
    drawing = draw_cell(trace(Long(), 3, 4).graph, lit="layer_7")
    root = check_drawing(drawing)
    assert not [*root.iter(f"{SVG}polyline")]
    assert texts(drawing)[15] == "layer_7 = tanh(map_7)"
    assert drawing.svg.count('stroke-width="3"') == 1


def test_the_flow_of_an_lstm() -> None:
    graph = trace(LSTM(), 3, 4).graph
    steps = flow_of(graph)
    titles = [step.title if isinstance(step.title, str) else "_".join(step.title) for step in steps]
    reads = {
        title: {titles[k] or steps[k].does for k in step.reads}
        for title, step in zip(titles, steps, strict=True)
        if title
    }
    assert reads["forget gate"] == {"x_t", "h_t−1"}
    assert reads["cell state"] == {"⊙"}
    assert reads["c_t"] == {"cell state"}
    assert reads["h_t"] == {"⊙"}
    assert [step.title.name for step in steps if step.is_end] == ["h", "c"]
    gate = next(step for step in steps if step.title == "forget gate")
    assert (gate.does, gate.shape) == ("map → σ", Shape.LAYER)


def test_numbers_stand_in_their_operations() -> None:
    said = texts(draw_cell(trace(GRU(), 3, 4).graph))
    assert "1 −" in said
    assert "⊙" in said


def test_one_quantity_is_lit_and_values_stand_in_the_boxes() -> None:
    graph = trace(LSTM(), 3, 4).graph
    values = dict.fromkeys(range(len(graph.nodes)), 0.257)
    drawing = draw_cell(graph, lit="forget_gate", values=values)
    check_drawing(drawing)
    assert drawing.svg.count('stroke-width="3"') == 1
    assert texts(drawing).count("0.26") == 10
    assert 'stroke-width="3"' not in draw_cell(graph).svg


def test_a_users_cell_draws() -> None:
    class Own(Cell):
        def equations(self, x, h):
            valve = named("valve", sigmoid(affine("valve", x, h)))
            return valve * tanh(affine("new", x)) + (1 - valve) * h

    drawing = draw_cell(trace(Own(), 3, 4).graph, lit="valve")
    check_drawing(drawing)
    assert {"valve", "new", "map → tanh"} <= {*texts(drawing)}
