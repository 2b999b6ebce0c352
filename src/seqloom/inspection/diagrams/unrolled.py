"""A layer unrolled over some steps: what each step reads, and what passes from step to step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import torch

from seqloom.errors import UsageError
from seqloom.inspection.diagrams.drawing import SMALL, Drawing, Label, Place, Point, Shape, Sub, wrapped
from seqloom.layers import Bidirectional, CausalLayer, Pooled, SequenceLayer, Stack, Unchanged
from seqloom.layers.called import called
from seqloom.layers.state import leaves

__all__ = ["draw_backward", "draw_unrolled"]

_RISE, _HEIGHT, _WIDTH, _NARROW = 40.0, 32.0, 44.0, 34.0
_BACK = 8.0
"""How far a gradient runs beside its arrow."""
_LABEL = 104.0


def draw_unrolled(layer: SequenceLayer | Pooled, steps: int = 4, inputs: Sequence[str] = ()) -> Drawing:
    """The layers over 1 to 6 steps: time runs to the right, layers stand one on the other, equal ones are one row.

    Arrows to the right carry a state, those to the left that of a backward reader; what sees all steps at once is one
    box. ``inputs`` says what each step reads (default: x with its number). UsageError for another number of steps.

    >>> from seqloom.layers import parse_spec
    >>> drawing = draw_unrolled(parse_spec("2*gru(8) bidirectional + pool(last)").build_pooled(4), steps=3)
    >>> drawing.svg.count("gru(8)"), "× 2" in drawing.svg
    (1, True)
    """
    drawing = Drawing(
        "Unrolled over its steps",
        "Time runs to the right, and the same weights are used at every step. An arrow to the side carries a state to "
        "the next step of its reader.",
    )
    _Grid(drawing, steps, with_gradients=False).draw(layer, inputs)
    return drawing


def draw_backward(layer: SequenceLayer | Pooled, steps: int = 4) -> Drawing:
    """The same over 1 to 4 steps, with a loss on top and the way back: dashed gradients run against every arrow."""
    drawing = Drawing(
        "Forward and backward through time",
        "Solid arrows are the forward pass, dashed ones gradients, which run against them: what a step long ago did to "
        "the loss is multiplied by one factor for each step between. A weight's gradient is the sum over all steps.",
    )
    _Grid(drawing, steps, with_gradients=True).draw(layer, ())
    return drawing


class _Grid:
    """Columns of steps; ``outs`` are the points that the next row reads, ``y`` is how high the drawing is so far.

    Columns are ``pitch`` apart, and the readers of two directions stand ``aside`` of the middle of theirs.
    """

    def __init__(self, drawing: Drawing, steps: int, with_gradients: bool) -> None:
        most = 4 if with_gradients else 6
        if not 1 <= steps <= most:
            raise UsageError(f"steps: expected 1 … {most}, more cannot be read; got {steps!r}.")
        self.drawing, self.steps, self.with_gradients = drawing, steps, with_gradients
        self.pitch, self.aside = (92.0, 19.0) if with_gradients else (64.0, 12.0)
        self.outs: list[Point] = []
        self.y = 0.0

    def draw(self, layer: SequenceLayer | Pooled, inputs: Sequence[str]) -> None:
        """All rows, from the inputs up."""
        given: list[Label] = [*inputs[: self.steps]]
        given += [Sub("x", str(k + 1)) for k in range(len(given), self.steps)]
        self._boxes(given, Shape.VALUE)
        for one, count in _rows(layer):
            self._row(one)
            name = wrapped(called(one), _LABEL, SMALL) + ([f"× {count}"] if count > 1 else [])
            for number, line in enumerate(name):
                middle = self.outs[0][1] + _HEIGHT / 2 + 18 * (number - (len(name) - 1) / 2)
                self.drawing.words(-self.pitch / 2 - 12, middle, line, anchor="end", size=SMALL)
        if isinstance(layer, Pooled):
            self._wide(called(layer.pooling), 1)
            self._boxes(["y"], Shape.VALUE)
        else:
            self._boxes([Sub("y", str(k + 1)) for k in range(len(self.outs))], Shape.VALUE)
        if self.with_gradients:
            self._wide("loss", 0)

    def _row(self, layer: SequenceLayer) -> None:
        if isinstance(layer, Bidirectional) and layer.keeps_time:
            self._two_directions()
        elif isinstance(layer, CausalLayer):
            keeps = any(True for _ in leaves(layer.initial_state(1)))
            places = self._boxes([Sub("h", str(k + 1)) if keeps else "f" for k in range(len(self.outs))], Shape.LAYER)
            for before, after in pairwise(places) if keeps else ():
                self._link(before.right, after.left)
        else:
            left = layer.lengths_after(torch.tensor([len(self.outs)]))
            self._wide("all steps", len(self.outs) if left is None else int(left[0]))

    def _two_directions(self) -> None:
        ahead, back = [], []
        low, high = self.y - _RISE - _HEIGHT, self.y - _RISE - 2 * _HEIGHT - 16
        for k, (x, y) in enumerate(self.outs):
            left, right = x - self.aside - _NARROW / 2, x + self.aside - _NARROW / 2
            ahead.append(self.drawing.box(left, low, _NARROW, _HEIGHT, Sub("→", str(k + 1))))
            back.append(self.drawing.box(right, high, _NARROW, _HEIGHT, Sub("←", str(k + 1))))
            self._link((x, y), ahead[-1].bottom)
            self._link((x, y), (x + self.aside, low + _HEIGHT + 8), back[-1].bottom)
        for before, after in pairwise(ahead):
            self._link(before.right, after.left)
        for before, after in pairwise(back):
            self._link(after.left, before.right)
        joined = []
        self.y = high - _RISE - 24
        for x, one, other in zip((x for x, _ in self.outs), ahead, back, strict=True):
            circle = self.drawing.box(x - 17, self.y, 34, 24, "[ ; ]", shape=Shape.OPERATION)
            self._link(one.top, (one.top[0], high - 10), (x - 7, circle.bottom[1] - 2))
            self._link(other.top, (x + 7, circle.bottom[1] - 2))
            joined.append(circle.top)
        self.outs = joined

    def _boxes(self, labels: Sequence[Label], shape: Shape) -> list[Place]:
        """A box for each column, above what it reads."""
        below = self.outs or [(k * self.pitch, 0.0) for k in range(len(labels))]
        self.y -= _RISE * bool(self.outs) + _HEIGHT
        places = []
        for (x, y), label in zip(below, labels, strict=True):
            places.append(self.drawing.box(x - _WIDTH / 2, self.y, _WIDTH, _HEIGHT, label, shape=shape))
            if self.outs:
                self._link((x, y), places[-1].bottom)
        self.outs = [place.top for place in places]
        return places

    def _wide(self, label: str, after: int) -> None:
        """One box over all columns, which has so many outputs."""
        self.y -= _RISE + _HEIGHT
        first, last = self.outs[0][0], self.outs[-1][0]
        width = max(last - first + _WIDTH, 120.0)
        box = self.drawing.box((first + last - width) / 2, self.y, width, _HEIGHT, label)
        for x, y in self.outs:
            self._link((x, y), (x, box.bottom[1]))
        self.outs = [((first + last) / 2 + (k - (after - 1) / 2) * self.pitch, self.y) for k in range(after)]

    def _link(self, *points: Point) -> None:
        """An arrow, and beside it the gradient that runs back, where one is wanted."""
        self.drawing.arrow(*points)
        if self.with_gradients:
            is_level = points[0][1] == points[-1][1]
            aside = (0.0, _BACK) if is_level else (_BACK, 0.0)
            self.drawing.arrow(*((x + aside[0], y + aside[1]) for x, y in reversed(points)), dashed=True)


def _rows(layer: SequenceLayer | Pooled) -> Iterator[tuple[SequenceLayer, int]]:
    """The layers, equal neighbours as one and their number."""
    for _, run in groupby(_layers(layer), called):
        equal = list(run)
        yield equal[0], len(equal)


def _layers(layer: SequenceLayer | Pooled) -> Iterator[SequenceLayer]:
    match layer:
        case Pooled():
            yield from _layers(layer.body)
        case Stack():
            for one in layer.layers:
                yield from _layers(one)  # type: ignore[arg-type]
        case Unchanged():
            pass
        case _:
            yield layer
