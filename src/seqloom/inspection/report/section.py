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

__all__ = ["Figure", "Formulas", "Section", "Shown", "Table", "drawn"]

_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Figure:
    """A picture as SVG or PNG, with one sentence on what to see in it, which also stands where it cannot be seen."""

    content: bytes
    kind: str
    says: str

    def _repr_html_(self) -> str:
        content, says = base64.b64encode(self.content).decode(), escape(self.says)
        return (
            f'<figure><img src="data:{_TYPES[self.kind]};base64,{content}" alt="{says}">'
            f"<figcaption>{says}</figcaption></figure>"
        )


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


Shown = Figure | Table | Formulas


@dataclass(frozen=True)
class Section:
    """One question, its answer in words, and what shows it; ``command`` makes it again."""

    title: str
    says: Sequence[str]
    shown: Sequence[Shown] = ()
    command: str = ""

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in self.says)
        shown = "".join(one._repr_html_() for one in self.shown)
        command = f"<p><code>{escape(self.command)}</code></p>" if self.command else ""
        return f"<h2>{escape(self.title)}</h2>{words}{shown}{command}"


def drawn(draw: Callable[[Path], object], says: str, kind: str = "svg") -> Figure:
    """What ``draw`` writes to the path of a picture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"picture.{kind}"
        draw(path)
        return Figure(path.read_bytes(), kind, says)
