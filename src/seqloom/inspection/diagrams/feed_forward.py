"""A feed-forward layer beside a recurrent one: what a state adds."""

from __future__ import annotations

from seqloom.inspection.diagrams.drawing import SMALL, Drawing, Shape, Sub
from seqloom.layers import CausalLayer
from seqloom.layers.called import called
from seqloom.models.parts import weights_of

__all__ = ["draw_beside"]

_WIDTH, _HEIGHT, _RISE, _COLUMN = 130.0, 44.0, 84.0, 250.0


def draw_beside(feed_forward: CausalLayer, recurrent: CausalLayer) -> Drawing:
    """Two layers side by side: one that answers from its input alone, one that also reads what it left a step before.

    >>> from seqloom.layers import parse_spec
    >>> one, other = (parse_spec(words).build(3).layers[0] for words in ("project(4)", "elman(4)"))
    >>> "elman(4)" in draw_beside(one, other).svg
    True
    """
    drawing = Drawing(
        "Feed-forward beside recurrent",
        f"{called(feed_forward)} knows the present input alone; {called(recurrent)} also reads its own state of the "
        "step before, the loop at its side.",
    )
    for number, layer in enumerate((feed_forward, recurrent)):
        left = number * _COLUMN
        y = drawing.box(left + 30, 0, _WIDTH - 60, 32, Sub("y", "t"), shape=Shape.VALUE)
        box = drawing.box(left, _RISE - 6, _WIDTH, _HEIGHT, called(layer), f"{weights_of(layer):,} weights")
        x = drawing.box(left + 30, 2 * _RISE, _WIDTH - 60, 32, Sub("x", "t"), shape=Shape.VALUE)
        drawing.arrow(x.top, box.bottom, label=f"{layer.in_features}")
        drawing.arrow(box.top, y.bottom, label=f"{layer.out_features}")
        if layer is recurrent:
            right, middle = box.right
            side = right + 40
            loop = (right, middle - 10), (side, middle - 10), (side, middle + 10), (right, middle + 10)
            drawing.arrow(*loop)
            drawing.words(side + 8, middle, Sub("h", "t−1"), anchor="start")
            drawing.words(left + _WIDTH / 2, 2 * _RISE + 54, "the input and what is kept", size=SMALL)
        else:
            drawing.words(left + _WIDTH / 2, 2 * _RISE + 54, "the input alone", size=SMALL)
    return drawing
