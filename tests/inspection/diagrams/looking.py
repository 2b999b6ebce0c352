"""What every drawing must be: well-formed, small, readable, and closed to the world."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree

from seqloom.inspection.diagrams.drawing import WIDEST, Drawing, width_of

SVG = "{http://www.w3.org/2000/svg}"
KNOWN = {"svg", "title", "desc", "rect", "ellipse", "text", "tspan", "polyline", "polygon"}
SMALLEST = 12.0


class Area(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def within(self, other: Area, slack: float = 0.5) -> bool:
        return (
            self.left >= other.left - slack
            and self.top >= other.top - slack
            and self.right <= other.right + slack
            and self.bottom <= other.bottom + slack
        )

    def meets(self, other: Area, slack: float = 1.0) -> bool:
        return (
            self.left < other.right - slack
            and other.left < self.right - slack
            and self.top < other.bottom - slack
            and other.top < self.bottom - slack
        )


def check_drawing(drawing: Drawing) -> ElementTree.Element:
    """Nothing but shapes and letters; letters that can be read at 400 pixels, inside their boxes, apart from others."""
    root = ElementTree.fromstring(drawing.svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= KNOWN
    assert not [key for element in root.iter() for key in element.attrib if "href" in key or key.startswith("on")]
    title, desc, _ground, *parts = list(root)
    assert (title.tag, desc.tag) == (f"{SVG}title", f"{SVG}desc")
    assert title.text
    assert desc.text
    assert drawing.size[0] <= WIDEST, drawing
    page = Area(*(lambda x, y, w, h: (x, y, x + w, y + h))(*map(float, root.get("viewBox").split())))
    words = dict(_words(part) for part in parts if part.tag == f"{SVG}text")
    boxes = [area for part in parts if (area := _box(part)) is not None]
    for area, text in words.items():
        assert area.within(page), text
        around = [box for box in boxes if _centre_in(area, box)]
        if around:
            least = min(around, key=lambda box: (box.right - box.left) * (box.bottom - box.top))
            assert area.within(least, slack=3), (text, area, least)
    for (one, text), (other, more) in combinations(words.items(), 2):
        assert not one.meets(other, slack=2), (text, more)
    for one, other in combinations(boxes, 2):
        assert not one.meets(other) or one.within(other) or other.within(one), (one, other)
    return root


def texts(drawing: Drawing) -> list[str]:
    """Every line of text."""
    return ["".join(part.itertext()) for part in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]


def _words(part: ElementTree.Element) -> tuple[Area, str]:
    size, x, y = (float(part.get(key)) for key in ("font-size", "x", "y"))
    assert size >= SMALLEST
    text = "".join(part.itertext())
    below = "".join("".join(sub.itertext()) for sub in part)
    width = width_of(text.removesuffix(below), size) + width_of(below, 0.72 * size)
    left = {"start": x, "middle": x - width / 2, "end": x - width}[part.get("text-anchor")]
    return Area(left, y - 0.85 * size, left + width, y + 0.15 * size), text


def _box(part: ElementTree.Element) -> Area | None:
    if part.tag == f"{SVG}rect":
        x, y, width, height = (float(part.get(key)) for key in ("x", "y", "width", "height"))
        return Area(x, y, x + width, y + height)
    if part.tag == f"{SVG}ellipse":
        cx, cy, rx, ry = (float(part.get(key)) for key in ("cx", "cy", "rx", "ry"))
        return Area(cx - rx, cy - ry, cx + rx, cy + ry)
    return None


def _centre_in(area: Area, box: Area) -> bool:
    x, y = (area.left + area.right) / 2, (area.top + area.bottom) / 2
    return box.left < x < box.right and box.top < y < box.bottom
