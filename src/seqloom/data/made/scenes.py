"""Drawn scenes with one true caption each; those for testing show what none to learn from does."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from seqloom.data.draws import Purpose, generator
from seqloom.data.made.shapes import COLOURS, SHAPES, Shape, as_png, drawn

__all__ = ["MadeScene", "made_scenes"]

_SIDE: Final = 64
_PLACES: Final = (
    *("at the top left", "at the top", "at the top right"),
    *("at the left", "in the middle", "at the right"),
    *("at the bottom left", "at the bottom", "at the bottom right"),
)
"""Of a grid of three by three, in reading order."""
_TEST: Final = 0.1
_UNSEEN: Final = 7
"""A seventh of all combinations of colour, shape and place is for testing alone."""


class MadeScene(NamedTuple):
    """A picture as the bytes of a PNG, its caption, whether it is for ``train`` or ``test``, and what is drawn in it,
    in the order of the caption."""

    picture: bytes
    caption: str
    split: str
    shapes: tuple[Shape, ...]


def made_scenes(rows: int, seed: int) -> list[MadeScene]:
    """``rows`` scenes of one to three shapes, a tenth of them for testing; a function of both arguments.

    The caption names them in reading order, so there is one that is true. A seventh of the combinations of colour,
    shape and place is in scenes for testing alone, each of which has one or more of them.

    >>> made_scenes(1, seed=1)[0].caption
    'a yellow circle at the top right'
    """
    draw = generator(seed, Purpose.MADE)
    return [_scene(draw, row) for row in range(rows)]


def _scene(draw: np.random.Generator, row: int) -> MadeScene:
    test = row % round(1 / _TEST) == round(1 / _TEST) - 1
    while True:
        count = int(draw.integers(1, 4))
        places = np.sort(draw.choice(len(_PLACES), count, replace=False)).tolist()
        colours = draw.integers(0, len(COLOURS), count).tolist()
        shapes = draw.integers(0, len(SHAPES), count).tolist()
        unseen = [sum(three) % _UNSEEN == 0 for three in zip(colours, shapes, places, strict=True)]
        if any(unseen) == test:
            break
    parts, names = [], [*COLOURS]
    for colour, shape, place in zip(colours, shapes, places, strict=True):
        third, near = _SIDE / 3, draw.uniform(-2.5, 2.5, 2)
        x, y = third * (place % 3 + 0.5) + near[0], third * (place // 3 + 0.5) + near[1]
        parts.append(Shape(names[colour], SHAPES[shape], x, y, draw.uniform(5.5, 7.5)))
    said = [f"a {one.colour} {one.shape} {_PLACES[place]}" for one, place in zip(parts, places, strict=True)]
    caption = " and ".join(filter(None, [", ".join(said[:-1]), said[-1]]))
    return MadeScene(as_png(drawn(parts, _SIDE, draw)), caption, "test" if test else "train", tuple(parts))
