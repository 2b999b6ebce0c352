"""What a report is made of; a notebook shows each piece as the page does."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from seqloom.cells.formula import Equation
from seqloom.cells.mathml import mathml_of

__all__ = ["Coloured", "Figure", "Formulas", "Section", "Shown", "Table", "drawn"]

_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_BLUE, _ORANGE = "31, 119, 180", "255, 127, 14"
_PALE = 0.04
_TEXT = "font: 0.95rem/1.9 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere"
_PIXELS_IN_A_METRE = 3780
"""Those of CSS, 96 in an inch."""


@dataclass(frozen=True)
class Figure:
    """A picture as SVG or PNG, with one sentence on what to see in it, which also stands where it cannot be seen."""

    content: bytes
    kind: str
    says: str

    def _repr_html_(self) -> str:
        content, says = base64.b64encode(self.content).decode(), escape(self.says)
        return (
            f'<figure><img src="data:{_TYPES[self.kind]};base64,{content}" alt="{says}"{self._width()}>'
            f"<figcaption>{says}</figcaption></figure>"
        )

    def _width(self) -> str:
        """The width that a PNG was drawn for, where it says how large its pixels are."""
        size = self.content.find(b"pHYs") + 4
        if self.kind != "png" or size < 4:
            return ""
        across, in_a_metre = (int.from_bytes(self.content[at : at + 4]) for at in (16, size))
        return f' width="{across * _PIXELS_IN_A_METRE // max(in_a_metre, 1)}"'


@dataclass(frozen=True)
class Table:
    """Rows of text under ``head``."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.head)
        rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows)
        return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


@dataclass(frozen=True)
class Formulas:
    """Equations of a cell in mathematical notation, and what they are; those of the names ``lit`` are in a box."""

    equations: Sequence[Equation]
    lit: Sequence[str] = ()
    says: str = ""

    def _repr_html_(self) -> str:
        caption = f"<figcaption>{escape(self.says)}</figcaption>" if self.says else ""
        return f'<figure>{caption}<div class="wide">{mathml_of(self.equations, self.lit)}</div></figure>'


@dataclass(frozen=True)
class Coloured:
    """A text by its ``pieces``, each on a ground of its value, blue above 0, orange and underlined below; the strongest
    colour is the largest absolute value. Pieces that are ``marked`` have a line above. ``says`` is one sentence on what
    to see.

    Words, pieces without any space among them, stand a space apart.
    """

    pieces: Sequence[str]
    values: Sequence[float]
    says: str
    marked: Sequence[bool] = ()

    def _repr_html_(self) -> str:
        marked = self.marked if len(self.marked) else [False] * len(self.pieces)
        largest = max((abs(value) for value in self.values), default=0.0) or 1.0
        words = max(map(len, self.pieces), default=0) > 1 and not any(map(str.isspace, "".join(self.pieces)))
        shown = (" " if words else "").join(
            _span(piece, value / largest, above)
            for piece, value, above in zip(self.pieces, self.values, marked, strict=True)
        )
        return f'<figure><p style="{_TEXT}">{shown}</p><figcaption>{escape(self.says)}</figcaption></figure>'


def _span(piece: str, share: float, above: bool) -> str:
    shown = escape("".join(one if one.isprintable() or one == "\n" else "·" for one in piece)).replace("\n", "¶\n")
    if abs(share) < _PALE and not above:
        return shown
    lines = ["overline"] * above + ["underline"] * (share < 0)
    line = f"; text-decoration: {' '.join(lines)}" if lines else ""
    colour = _BLUE if share > 0 else _ORANGE
    return f'<span style="background: rgba({colour}, {0.75 * abs(share):.2f}){line}">{shown}</span>'


Shown = Figure | Table | Formulas | Coloured


@dataclass(frozen=True)
class Section:
    """One question, its answer in words, and what shows it; ``command`` makes it again."""

    title: str
    says: Sequence[str]
    shown: Sequence[Shown] = ()
    command: str = ""

    def _repr_html_(self) -> str:
        words = "".join(
            f"<pre>{escape(said)}</pre>" if "\n" in said else f"<p>{escape(said)}</p>" for said in self.says
        )
        shown = "".join(one._repr_html_() for one in self.shown)
        command = f"<p><code>{escape(self.command)}</code></p>" if self.command else ""
        return f"<h2>{escape(self.title)}</h2>{words}{shown}{command}"


def drawn(draw: Callable[[Path], object], says: str, kind: str = "svg") -> Figure:
    """What ``draw`` writes to the path of a picture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"picture.{kind}"
        draw(path)
        return Figure(path.read_bytes(), kind, says)
