"""One step of a cell as boxes and arrows."""

from __future__ import annotations

from collections.abc import Mapping

from seqloom.cells.formula import equations_of
from seqloom.cells.graph import Graph
from seqloom.inspection.diagrams.drawing import WIDEST, Drawing, Label, Place, Shape, spread, width_of, wrapped
from seqloom.inspection.diagrams.flow import Step, flow_of
from seqloom.inspection.diagrams.layout import Layout, laid_out

__all__ = ["draw_cell"]

_BETWEEN, _HEIGHT, _CIRCLE, _LINE = 32.0, 44.0, 30.0, 18.0
_INSIDE = WIDEST - 24.0
_LESS = (20.0, 80.0, 140.0, 200.0, 260.0)
"""How much of a row is left to arrows that pass it, tried in turns."""
_MOST = 48
"""Boxes that still can be followed; cells of more are drawn as a list of their equations."""


def draw_cell(graph: Graph, lit: str = "", values: Mapping[int, float] | None = None) -> Drawing:
    """The step of ``graph``, read from the bottom up: what is read, maps, gates by their names, new states.

    Rectangles are maps, rounded ones values with a name, circles operations, double borders states. ``lit`` is the
    quantity that is emphasised; ``values`` has numbers to write into the boxes, by their nodes. Cells that have too
    many parts for a page are drawn as their equations, one below the other.

    >>> from seqloom.cells import LSTM, trace
    >>> drawing = draw_cell(trace(LSTM(), 3, 4).graph, lit="forget_gate")
    >>> "forget gate" in drawing.svg, "map → σ" in drawing.svg
    (True, True)
    """
    steps = flow_of(graph)
    names = dict(graph.names)
    said = "".join(f", {name.replace('_', ' ')}" for name in names)
    drawing = Drawing("One step of a cell", f"From what is read, below{said}, to the new states, above.")
    texts = [_lines(step, values or {}) for step in steps]
    widths = [_width(step, lines) for step, lines in zip(steps, texts, strict=True)]
    layout = _fitting(steps, widths)
    if layout is None:
        return _as_a_list(drawing, graph, lit)
    pitch = _HEIGHT + _BETWEEN + (_LINE if values else 0.0)
    places = []
    for step, lines, middle, row, width in zip(steps, texts, layout.middles, layout.rows, widths, strict=True):
        height = _CIRCLE if step.shape is Shape.OPERATION else max(_HEIGHT, _LINE * len(lines) + 8)
        glows = step.node == names.get(lit, -1) and not step.is_end
        left, top = middle - width / 2, -pitch * row - height / 2
        places.append(drawing.box(left, top, width, height, *lines, shape=step.shape, lit=glows))
    _draw_arrows(drawing, layout, places, pitch)
    return drawing


def _fitting(steps: list[Step], widths: list[float]) -> Layout | None:
    """A layout that is no wider than a page, with as much in a row as fits; None where there is none."""
    last = sum(not step.is_end for step in steps)
    reads = [step.reads for step in steps]
    tried = (laid_out(widths, reads, last, _INSIDE - less) for less in _LESS if len(steps) <= _MOST)
    return next((layout for layout in tried if _extent(layout, widths) <= _INSIDE), None)


def _lines(step: Step, values: Mapping[int, float]) -> list[Label]:
    """What stands in a box: its name, what it does, and its value."""
    lines = [line for line in (step.title, step.does) if line]
    if step.node in values and step.shape is not Shape.OPERATION:
        lines.append(f"{values[step.node]:.2f}".replace("-", "−"))
    return lines


def _width(step: Step, lines: list[Label]) -> float:
    if step.shape is Shape.OPERATION:
        return max(_CIRCLE, width_of(lines[0]) + 14)
    padding = 28 if step.shape is Shape.VALUE else 20
    return max(
        56.0, padding + max(width_of(line) * (1.1 if number == 0 else 0.87) for number, line in enumerate(lines))
    )


def _extent(layout: Layout, widths: list[float]) -> float:
    edges = list(zip(layout.middles, widths, strict=True)) + [
        (middle, 0.0) for lanes in layout.lanes.values() for middle, _ in lanes
    ]
    return max(middle + width / 2 for middle, width in edges) - min(middle - width / 2 for middle, width in edges)


def _draw_arrows(drawing: Drawing, layout: Layout, places: list[Place], pitch: float) -> None:
    """From the top of what is read to the bottom of what reads it, side by side, each through its lanes."""
    for upper, place in enumerate(places):
        paths = {}
        for (lower, reader), lanes in layout.lanes.items():
            if reader == upper:
                band = (pitch / 2 - 12, 12 - pitch / 2)
                paths[lower] = [places[lower].top, *((x, -pitch * row + side) for x, row in lanes for side in band)]
        order = sorted(paths, key=lambda lower: paths[lower][-1][0])
        step = min(16.0, place.width / (len(order) + 1))
        for lower, x in zip(order, spread(len(order), place.bottom[0], step), strict=True):
            drawing.arrow(*paths[lower], (x, place.bottom[1]))


def _as_a_list(drawing: Drawing, graph: Graph, lit: str) -> Drawing:
    """The equations from above down, a box each."""
    for number, line in enumerate(equations_of(graph).lines):
        shown = wrapped(line.text, _INSIDE - 30)
        top = drawing.size[1] if number else 0.0
        drawing.box(0, top, _INSIDE, 18.0 * len(shown) + 12, *shown, lit=line.left.text == lit)
    return drawing
