"""Coloured shapes drawn on a ground, with smooth edges; by Pillow."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from seqloom.data.pictures.decoding import pillow

__all__ = ["COLOURS", "SHAPES", "Shape", "as_gif", "as_png", "drawn"]

COLOURS: Final = {
    "red": (214, 48, 49),
    "green": (46, 160, 67),
    "blue": (36, 98, 214),
    "yellow": (240, 200, 40),
    "purple": (140, 70, 190),
    "white": (245, 245, 245),
}
SHAPES: Final = ("circle", "square", "triangle", "cross")
_FINER: Final = 3
"""Times as large it is drawn, and then made smaller, so that edges are smooth."""
_TURN: Final = 12


class Shape(NamedTuple):
    """What is drawn: a colour and a shape by name, its centre and its radius in pixels."""

    colour: str
    shape: str
    x: float
    y: float
    radius: float


def drawn(shapes: Sequence[Shape], side: int, draw: np.random.Generator) -> Any:
    """A picture of Pillow, ``side`` pixels a side: the shapes on a dark ground, each colour a little different."""
    images, fine = pillow(), side * _FINER
    ground = tuple(int(value) for value in draw.integers(20, 70, 3))
    picture = images.new("RGB", (fine, fine), ground)
    pen = pillow("ImageDraw").Draw(picture)
    for one in shapes:
        colour = np.clip(np.array(COLOURS[one.colour]) + draw.integers(-14, 15, 3), 0, 255)
        _draw(pen, one, tuple(int(value) for value in colour), math.radians(draw.uniform(-_TURN, _TURN)))
    return picture.resize((side, side), images.Resampling.BOX)


def as_png(picture: Any) -> bytes:
    """The bytes of a file."""
    page = io.BytesIO()
    picture.save(page, "PNG")
    return page.getvalue()


def as_gif(pictures: Sequence[Any], milliseconds: int = 120) -> bytes:
    """The bytes of an animated file."""
    page = io.BytesIO()
    pictures[0].save(page, "GIF", save_all=True, append_images=pictures[1:], duration=milliseconds, loop=0)
    return page.getvalue()


def _draw(pen: Any, one: Shape, colour: tuple[int, ...], turned: float) -> None:
    x, y, radius = (_FINER * value for value in (one.x, one.y, one.radius))
    if one.shape == "circle":
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
        return
    corners = {
        "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
        "triangle": [(0.0, -1.05), (1.0, 0.8), (-1.0, 0.8)],
        "cross": [
            *((-0.35, -1.0), (0.35, -1.0), (0.35, -0.35), (1.0, -0.35), (1.0, 0.35), (0.35, 0.35)),
            *((0.35, 1.0), (-0.35, 1.0), (-0.35, 0.35), (-1.0, 0.35), (-1.0, -0.35), (-0.35, -0.35)),
        ],
    }[one.shape]
    cosine, sine = math.cos(turned), math.sin(turned)
    pen.polygon(
        [(x + radius * (cosine * a - sine * b), y + radius * (sine * a + cosine * b)) for a, b in corners], fill=colour
    )
