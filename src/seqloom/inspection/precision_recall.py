"""Precision over recall at every threshold, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from seqloom.inspection.picture import new_figure, save

__all__ = ["PrecisionRecall", "draw_precision_recall"]

_GREY = "#888888"


class PrecisionRecall(NamedTuple):
    """One curve: precision and recall at each threshold, and the point ``chosen`` among them, (recall, precision)."""

    label: str
    precision: Sequence[float]
    recall: Sequence[float]
    chosen: tuple[float, float] | None = None


def draw_precision_recall(curves: Sequence[PrecisionRecall], share: float, title: str, picture: Path) -> None:
    """Draw ``curves`` into a file, the first in front, beside the precision of calling every row positive, ``share``.

    Raises MissingExtraError without matplotlib.
    """
    figure = new_figure((5.2, 4.4), title)
    axes = figure.subplots()
    axes.axhline(share, color=_GREY, linewidth=1, linestyle=(0, (4, 3)), label=f"every row positive {share:.3g}")
    for k, curve in enumerate(curves):
        color = f"C{k % 10}"
        axes.plot(
            curve.recall,
            curve.precision,
            color=color,
            linewidth=1.6 if k == 0 else 1.1,
            drawstyle="steps-post",
            label=curve.label,
            zorder=3 if k == 0 else 2,
        )
        if curve.chosen is not None:
            recall, precision = curve.chosen
            label = f"chosen: precision {precision:.2f}, recall {recall:.2f}"
            axes.plot(recall, precision, "o", color=color, markersize=6, label=label, zorder=4)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.05)
    axes.set_xlabel("recall: positive rows that are found")
    axes.set_ylabel("precision: found rows that are positive")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="best")
    save(figure, picture)
