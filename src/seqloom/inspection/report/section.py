"""What a report is made of."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Figure", "Section", "Table", "drawn"]


@dataclass(frozen=True)
class Figure:
    """A picture as SVG or PNG, with one sentence on what to see in it, which also stands where it cannot be seen."""

    content: bytes
    kind: str
    says: str


@dataclass(frozen=True)
class Table:
    """Rows of text under ``head``."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """One question, its answer in words, and what shows it; ``command`` makes it again."""

    title: str
    says: Sequence[str]
    shown: Sequence[Figure | Table] = ()
    command: str = ""


def drawn(draw: Callable[[Path], object], says: str, kind: str = "svg") -> Figure:
    """What ``draw`` writes to the path of a picture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"picture.{kind}"
        draw(path)
        return Figure(path.read_bytes(), kind, says)
