"""The five shapes of work on sequences: what goes in and what comes out, step by step."""

from __future__ import annotations

from typing import NamedTuple

from seqloom.inspection.diagrams.drawing import SMALL, Drawing, Shape

__all__ = ["FIVE", "Work", "draw_shapes"]


class Work(NamedTuple):
    """A shape of work: at which of its steps something goes in and comes out, an example, and who does it here."""

    name: str
    inputs: str
    outputs: str
    example: str
    estimator: str


FIVE = (
    Work("one → one", "x", "y", "picture → class", "Classifier"),
    Work("one → many", "x--", "yyy", "picture → caption", "Captioner"),
    Work("many → one", "xxx", "--y", "review → mood", "Classifier"),
    Work("many → many", "xxx", "yyy", "words → their tags", "Tagger"),
    Work("many → many", "xxx--", "---yy", "text → translation", "Seq2Seq"),
)
"""A letter for each step, x or y where there is one."""

_CELL, _PITCH, _RISE = 26.0, 38.0, 50.0
_ROWS = ((0, 1, 2), (3, 4))
_COLUMN, _FLOOR = 168.0, 250.0


def draw_shapes() -> Drawing:
    """The five shapes side by side: rounded boxes are inputs and outputs, squares the steps between.

    >>> draw_shapes().svg.count("→") >= 5
    True
    """
    drawing = Drawing(
        "Five shapes of work on sequences",
        "Inputs below, outputs above, steps between them: " + "; ".join(f"{one.name}, {one.example}" for one in FIVE),
    )
    for line, row in enumerate(_ROWS):
        width = 3 * _COLUMN / len(row)
        for place, number in enumerate(row):
            _draw_one(drawing, FIVE[number], (place + 0.5) * width, line * _FLOOR)
    return drawing


def _draw_one(drawing: Drawing, work: Work, middle: float, top: float) -> None:
    drawing.words(middle, top, work.name, bold=True)
    before = None
    for number, (given, said) in enumerate(zip(work.inputs, work.outputs, strict=True)):
        x = middle + (number - (len(work.inputs) - 1) / 2) * _PITCH - _CELL / 2
        step = drawing.box(x, top + 22 + _RISE, _CELL, _CELL)
        if said == "y":
            drawing.arrow(step.top, drawing.box(x, top + 22, _CELL, _CELL, "y", shape=Shape.VALUE).bottom)
        if given == "x":
            drawing.arrow(drawing.box(x, top + 22 + 2 * _RISE, _CELL, _CELL, "x", shape=Shape.VALUE).top, step.bottom)
        if before is not None:
            drawing.arrow(before.right, step.left)
        before = step
    drawing.words(middle, top + 22 + 2 * _RISE + 44, work.example, size=SMALL)
    drawing.words(middle, top + 22 + 2 * _RISE + 62, work.estimator, size=SMALL)
