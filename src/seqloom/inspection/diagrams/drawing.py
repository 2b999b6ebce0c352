"""What diagrams are drawn with: boxes, arrows and labels, written as SVG that needs no font, script or colour."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from enum import Enum
from html import escape
from pathlib import Path
from typing import NamedTuple

from seqloom.errors import UsageError
from seqloom.inspection.report.section import Figure

__all__ = [
    "SMALL",
    "WIDEST",
    "Drawing",
    "Label",
    "Place",
    "Point",
    "Shape",
    "Sub",
    "shown_piece",
    "spread",
    "width_of",
    "wrapped",
]

WIDEST = 520
"""Drawings are no wider, so that letters can be read on a screen of 400 pixels."""
SIZE, SMALL = 14.0, 12.0
_LINE, _MARGIN, _HEAD = 18.0, 12.0, 8.0
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Point = tuple[float, float]


class Sub(NamedTuple):
    """A name with something below: x of t."""

    name: str
    below: str


Label = str | Sub


class Shape(Enum):
    """What tells boxes apart, in black and white too: of layers, of values, of operations, and of what is kept."""

    LAYER = "rectangle"
    VALUE = "rounded"
    OPERATION = "circle"
    STATE = "double"


class Place(NamedTuple):
    """Where something stands: its left upper corner, width and height, downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def top(self) -> Point:
        """The middle of the upper side."""
        return self.x + self.width / 2, self.y

    @property
    def bottom(self) -> Point:
        """The middle of the lower side."""
        return self.x + self.width / 2, self.y + self.height

    @property
    def left(self) -> Point:
        """The middle of the left side."""
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> Point:
        """The middle of the right side."""
        return self.x + self.width, self.y + self.height / 2


class Drawing:
    """A drawing that grows: its size is that of what was drawn. ``title`` says what it is, ``says`` what to see in it.

    Both are in the SVG, for those who cannot see it. A notebook shows it.

    >>> drawing = Drawing("Two boxes", "One reads the other.")
    >>> below, above = drawing.box(0, 60, 80, 30, "x"), drawing.box(0, 0, 80, 30, "y", shape=Shape.VALUE)
    >>> drawing.arrow(below.top, above.bottom)
    >>> drawing.svg.startswith("<svg"), drawing.size
    (True, (104.0, 114.0))
    """

    def __init__(self, title: str, says: str) -> None:
        self.title, self.says = title, says
        self._parts: list[str] = []
        self._left = self._top = math.inf
        self._right = self._bottom = -math.inf

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, with a margin."""
        if not self._parts:
            return 2 * _MARGIN, 2 * _MARGIN
        return self._right - self._left + 2 * _MARGIN, self._bottom - self._top + 2 * _MARGIN

    @property
    def svg(self) -> str:
        """The picture as text."""
        width, height = self.size
        left, top = (self._left - _MARGIN, self._top - _MARGIN) if self._parts else (0.0, 0.0)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:g}" height="{height:g}" '
            f'viewBox="{left:g} {top:g} {width:g} {height:g}" font-family="system-ui, sans-serif" '
            f'font-size="{SIZE:g}" fill="#111"><title>{_safe(self.title)}</title><desc>{_safe(self.says)}</desc>'
            f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" fill="#fff"/>'
            f"{''.join(self._parts)}</svg>"
        )

    def figure(self) -> Figure:
        """The same as a figure of a report."""
        return Figure(self.svg.encode(), "svg", self.says)

    def _repr_html_(self) -> str:
        return self.figure()._repr_html_()

    def __repr__(self) -> str:
        width, height = self.size
        return f"<Drawing {self.title!r}, {width:g} × {height:g}>"

    def save(self, picture: Path) -> None:
        """Write it into a file; UsageError for one that does not end in .svg, or in a folder that there is not."""
        picture = Path(picture)
        if picture.suffix.lower() != ".svg":
            raise UsageError(f"{picture}: a diagram is a file that ends in .svg.")
        if not picture.parent.is_dir():
            raise UsageError(f"{picture}: there is no folder {picture.parent}.")
        picture.write_text(self.svg, encoding="utf-8")

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *lines: Label,
        shape: Shape = Shape.LAYER,
        lit: bool = False,
        bold: int = 1,
    ) -> Place:
        """A box with its left upper corner at (x, y), and lines of text in its middle: where small ones follow, the
        first ``bold`` lines are bold. What is ``lit`` has a thick border."""
        place = Place(x, y, width, height)
        look = f'fill="{"#ffe08a" if lit else "#fff"}" stroke="#111" stroke-width="{3 if lit else 1.3:g}"'
        if shape is Shape.OPERATION:
            (cx, _), (_, cy) = place.top, place.left
            self._parts.append(f'<ellipse cx="{cx:g}" cy="{cy:g}" rx="{width / 2:g}" ry="{height / 2:g}" {look}/>')
        else:
            radius = min(width, height) / 2 if shape is Shape.VALUE else 0
            self._parts.append(_rectangle(place, f'rx="{radius:g}" {look}'))
        if shape is Shape.STATE:
            inner = Place(x + 3, y + 3, width - 6, height - 6)
            self._parts.append(_rectangle(inner, 'fill="none" stroke="#111" stroke-width="0.8"'))
        self._grow(x, y, x + width, y + height)
        first = y + height / 2 - _LINE * (len(lines) - 1) / 2
        for number, line in enumerate(lines):
            middle, small = first + number * _LINE, number >= bold
            self.words(x + width / 2, middle, line, bold=len(lines) > bold and not small, size=SMALL if small else SIZE)
        return place

    def caption(self, text: str) -> None:
        """A line above all that was drawn before."""
        self.words((self._left + self._right) / 2, self._top - 14, text)

    def frame(self, place: Place, label: str = "") -> None:
        """A dashed border around things that belong together, with a label in its left upper corner."""
        self._parts.append(_rectangle(place, 'rx="6" fill="none" stroke="#666" stroke-dasharray="4 3"'))
        self._grow(place.x, place.y, place.x + place.width, place.y + place.height)
        if label:
            self.words(place.x + 8, place.y + 11, label, anchor="start", size=SMALL)

    def words(
        self,
        x: float,
        y: float,
        label: Label,
        *,
        anchor: str = "middle",
        bold: bool = False,
        size: float = SIZE,
    ) -> None:
        """A line of text whose middle is at the height y; ``anchor`` says whether x is its start, middle or end."""
        inside = _safe(label) if isinstance(label, str) else _with_sub(label, size)
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{x:g}" y="{y + 0.35 * size:g}" text-anchor="{anchor}" '
            f'font-size="{size:g}"{weight}>{inside}</text>'
        )
        width = width_of(label, size)
        left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
        self._grow(left, y - size / 2, left + width, y + size / 2)

    def line(self, *points: Point, dashed: bool = False) -> None:
        """A line through the points."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        dashes = ' stroke-dasharray="5 4"' if dashed else ""
        self._parts.append(f'<polyline points="{path}" fill="none" stroke="#111" stroke-width="1.3"{dashes}/>')
        for x, y in points:
            self._grow(x, y, x, y)

    def arrow(self, *points: Point, label: Label = "", dashed: bool = False) -> None:
        """A line through the points with a head at the last one; the label stands right of its middle."""
        *_, (before_x, before_y), (x, y) = points
        length = max(((x - before_x) ** 2 + (y - before_y) ** 2) ** 0.5, 1e-9)
        dx, dy = (x - before_x) / length * _HEAD, (y - before_y) / length * _HEAD
        self.line(*points[:-1], (x - dx / 2, y - dy / 2), dashed=dashed)
        corners = ((x, y), (x - dx - dy / 2, y - dy + dx / 2), (x - dx + dy / 2, y - dy - dx / 2))
        self._parts.append(f'<polygon points="{" ".join(f"{a:g},{b:g}" for a, b in corners)}" fill="#111"/>')
        self._grow(x, y, x, y)
        if label:
            first_x, first_y = points[0]
            self.words((first_x + x) / 2 + 8, (first_y + y) / 2, label, anchor="start", size=SMALL)

    def _grow(self, left: float, top: float, right: float, bottom: float) -> None:
        self._left, self._top = min(self._left, left), min(self._top, top)
        self._right, self._bottom = max(self._right, right), max(self._bottom, bottom)


def width_of(label: Label, size: float = SIZE) -> float:
    """About how wide a line of text is, whatever font is there.

    >>> width_of("iii") < width_of("mmm") < width_of("語語語")
    True
    """
    if isinstance(label, Sub):
        return width_of(label.name, size) + width_of(label.below, 0.72 * size)
    return size * sum(map(_share, label))


def shown_piece(piece: str, most: int = 10) -> str:
    """A token as a label: spaces and line ends as signs, and no more than ``most`` letters.

    >>> shown_piece("a b"), shown_piece("unbelievable", 6), shown_piece("")
    ('a␣b', 'unbel…', '∅')
    """
    text = piece.replace("\n", "↵").replace("\t", "⇥").replace(" ", "␣") or "∅"
    return text if len(text) <= most else text[: most - 1] + "…"


def wrapped(text: str, width: float, size: float = SIZE) -> list[str]:
    """The text in lines that are no wider than ``width``, cut at spaces, and inside of words that are wider.

    >>> wrapped("luong(6, score=dot, feed=false)", 120)
    ['luong(6,', 'score=dot,', 'feed=false)']
    >>> wrapped("unbelievable", 60)
    ['unbeliev', 'able']
    """
    lines = [""]
    for word in re.findall(r"\S+\s*", text):
        if lines[-1] and width_of((lines[-1] + word).rstrip(), size) > width:
            lines.append("")
        for letter in word:
            if lines[-1] and width_of((lines[-1] + letter).rstrip(), size) > width:
                lines.append("")
            lines[-1] += letter
    return [line.rstrip() for line in lines]


def spread(count: int, middle: float, step: float) -> Iterable[float]:
    """``count`` places with ``step`` between them around the middle.

    >>> list(spread(3, 10, 4))
    [6.0, 10.0, 14.0]
    """
    return (middle + (k - (count - 1) / 2) * step for k in range(count))


def _share(letter: str) -> float:
    """The width of a letter in units of its height."""
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    if letter in "iljtfrI.,:;'|!()[] ":
        return 0.36
    return 0.86 if letter in "mwMW@%" else 0.66 if letter.isupper() else 0.58


def _rectangle(place: Place, look: str) -> str:
    return f'<rect x="{place.x:g}" y="{place.y:g}" width="{place.width:g}" height="{place.height:g}" {look}/>'


def _with_sub(label: Sub, size: float) -> str:
    small = f'<tspan font-size="{0.72 * size:g}" dy="{0.25 * size:g}">{_safe(label.below)}</tspan>'
    return f"{_safe(label.name)}{small}"


def _safe(text: str) -> str:
    """Text as XML may hold it: signs that it cannot hold are shown as �."""
    return escape(_FORBIDDEN.sub("�", text))
