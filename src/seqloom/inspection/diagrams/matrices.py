"""What a map of two operands is: two matrices side by side, and one vector above the other."""

from __future__ import annotations

from seqloom.cells.expressions import Map, bare
from seqloom.cells.formula import equations_of
from seqloom.cells.graph import Graph
from seqloom.errors import UsageError, did_you_mean
from seqloom.inspection.diagrams.drawing import SMALL, Drawing, Label, Shape, Sub

__all__ = ["draw_stacked"]

_MATRIX, _LEAST, _MOST = 110.0, 48.0, 150.0


def draw_stacked(graph: Graph, name: str = "") -> Drawing:
    """The map ``name`` of a cell (default: its first one) as one product: W [x; h] + b with W = [W_0 | W_1].

    Columns are as wide as their operands have numbers, as far as that can be drawn. UsageError for a map that there is
    not.

    >>> from seqloom.cells import Elman, trace
    >>> "W = [" in draw_stacked(trace(Elman(), 3, 4).graph).says
    True
    """
    maps = {line.right.name: line.right for line in equations_of(graph).lines if isinstance(line.right, Map)}
    if name and name not in maps:
        raise UsageError(f"The cell has no map {name!r}; it has {', '.join(maps)}.{did_you_mean(name, maps)}")
    if not maps:
        raise UsageError("The cell has no maps, and so no matrices.")
    chosen = maps[name] if name else next(iter(maps.values()))
    shapes = {one.name: one.shape for one in graph.parameters()}
    matrices = [shapes[f"{chosen.name}.weight_{k}"] for k in range(len(chosen.operands))]
    columns = [shape[-1] * (shape[0] if len(shape) == 3 else 1) for shape in matrices]
    rows = matrices[0][-2] * (matrices[0][0] if len(matrices[0]) == 3 else 1)
    beside = " | ".join(f"W_{k}" for k in range(len(columns)))
    drawing = Drawing(
        f"The map {chosen.name.replace('_', ' ')} as one product",
        f"W = [{beside}] times the operands one above the other is the sum of the products of each: "
        f"{rows} × {sum(columns)} numbers.",
    )
    share = [min(_MOST, max(_LEAST, 250.0 * column / sum(columns))) for column in columns]
    x = 0.0
    for k, width in enumerate(share):
        size = f"{rows} × {columns[k]}"
        drawing.box(x, 0, width, _MATRIX, Sub("W", str(k)), size if width > 60 else "", bold=1)
        x += width
    drawing.words(x + 20, _MATRIX / 2, "·")
    y = _MATRIX / 2 - 22.0 * len(columns)
    for k, operand in enumerate(chosen.operands):
        label: Label = operand.text if len(operand.text) < 12 else Sub("v", str(k))
        drawing.box(x + 36, y + 44.0 * k, 84, 44, label, str(columns[k]), shape=Shape.LAYER)
    if chosen.bias:
        drawing.words(x + 138, _MATRIX / 2, "+")
        drawing.box(x + 154, 0, 36, _MATRIX, "b", str(rows))
    terms = " + ".join(f"W_{k} {operand.text}" for k, operand in enumerate(chosen.operands))
    stacked = "; ".join(bare(one.text) for one in chosen.operands)
    drawing.words(0, _MATRIX + 22, f"W [{stacked}] = {terms}", anchor="start", size=SMALL)
    drawing.words(0, _MATRIX + 40, f"with W = [{beside}]", anchor="start", size=SMALL)
    return drawing
