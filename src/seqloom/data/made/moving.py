"""Videos of one or two shapes, each of which does something, with one true caption each."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from seqloom.data.draws import Purpose, generator
from seqloom.data.made.shapes import COLOURS, SHAPES, Shape, as_gif, drawn

__all__ = ["MadeVideo", "made_videos"]

_SIDE: Final = 48
_ACTIONS: Final = ("moves left", "moves right", "moves up", "moves down", "grows", "shrinks", "stands still")
_TEST: Final = 0.1


class MadeVideo(NamedTuple):
    """A video as the bytes of a GIF, its caption, and whether it is for ``train`` or ``test``."""

    video: bytes
    caption: str
    split: str


def made_videos(rows: int, seed: int) -> list[MadeVideo]:
    """``rows`` videos of 6 to 10 frames, a tenth of them for testing; a function of both arguments.

    Of two shapes one is in the upper half, and named first. No frame alone tells what a shape does.

    >>> made_videos(1, seed=1)[0].caption
    'a yellow cross grows and a green circle grows'
    """
    draw = generator(seed, Purpose.MADE)
    return [_video(draw, row) for row in range(rows)]


def _video(draw: np.random.Generator, row: int) -> MadeVideo:
    count, frames = int(draw.integers(1, 3)), int(draw.integers(6, 11))
    tracks, said, names = [], [], [*COLOURS]
    for place in range(count):
        colour, shape = names[draw.integers(len(names))], SHAPES[draw.integers(len(SHAPES))]
        action = _ACTIONS[draw.integers(len(_ACTIONS))]
        middle = _SIDE / 2 if count == 1 else _SIDE * (0.27 + 0.46 * place)
        tracks.append(_track(draw, action, Shape(colour, shape, _SIDE / 2, middle, 6.0), frames, count))
        said.append(f"a {colour} {shape} {action}")
    ground = int(draw.integers(1 << 30))
    pictures = [drawn(shapes, _SIDE, np.random.default_rng(ground)) for shapes in zip(*tracks, strict=True)]
    test = row % round(1 / _TEST) == round(1 / _TEST) - 1
    return MadeVideo(as_gif(pictures), " and ".join(said), "test" if test else "train")


def _track(draw: np.random.Generator, action: str, shape: Shape, frames: int, count: int) -> list[Shape]:
    """The same shape in each frame, from a place and at a speed that are drawn; nothing stands quite still."""
    t = np.linspace(-0.5, 0.5, frames) * draw.choice([0.8, 1.0])
    wide, high = _SIDE * 0.5, _SIDE * (0.5 if count == 1 else 0.2)
    x = shape.x + np.resize([-0.5, 0.5], frames)
    y = shape.y + draw.uniform(-1.5, 1.5) + draw.uniform(-0.4, 0.4, frames)
    x = x + draw.uniform(-8, 8) * (action not in ("moves left", "moves right"))
    radius = np.full(frames, draw.uniform(5, 8))
    match action:
        case "moves left" | "moves right":
            x = x + wide * t * (1 if action == "moves right" else -1)
        case "moves up" | "moves down":
            y = shape.y + high * t * (1 if action == "moves down" else -1)
        case "grows" | "shrinks":
            radius = 6.5 + 5 * t * (1 if action == "grows" else -1)
    return [shape._replace(x=float(a), y=float(b), radius=float(r)) for a, b, r in zip(x, y, radius, strict=True)]
