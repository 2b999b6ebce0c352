"""How good answers are by the length of what was read, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqloom.inspection.picture import new_figure, save

__all__ = ["draw_by_length"]


def draw_by_length(points: Sequence[tuple[float, float]], figure_name: str, picture: Path) -> None:
    """Draw pairs of a mean length and a figure into a file. MissingExtraError without matplotlib."""
    axes = (figure := new_figure((5.0, 3.2), f"{figure_name} by the length of the source")).subplots()
    axes.plot(*zip(*points, strict=True), marker="o", color="tab:blue")
    axes.set_xlabel("tokens of the source")
    axes.set_ylabel(figure_name)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, picture)
