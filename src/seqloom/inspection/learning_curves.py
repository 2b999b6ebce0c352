"""Learning curves of several runs in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqloom.inspection.picture import new_figure, save

__all__ = ["Curve", "Panel", "draw_learning_curves"]

_GREY = "#888888"
_FLOOR = 1e-8


class Curve(NamedTuple):
    """One run: ``points`` of (step, value). Runs with one label share a colour and a line of the legend."""

    label: str
    points: Sequence[tuple[int, float]]


class Panel(NamedTuple):
    """Curves over one axis, named ``measure``, with ``baseline`` as a dashed line.

    The axis is logarithmic, with values below 1e-8 drawn there; for a ``share`` it runs from 0 to 1.
    """

    measure: str
    baseline: float
    curves: Sequence[Curve]
    share: bool = False


def draw_learning_curves(panels: Sequence[Panel], title: str, picture: Path) -> None:
    """Draw ``panels`` side by side into the file ``picture``; raises MissingExtraError without matplotlib."""
    size = (6.4 * len(panels), 4.2)
    figure = new_figure(size, title)
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _draw(axes, panel)
    save(figure, picture)


def _draw(axes: Any, panel: Panel) -> None:
    axes.axhline(panel.baseline, color=_GREY, linewidth=1, linestyle=(0, (4, 3)), label=f"trivial {panel.baseline:.3g}")
    labels = list(dict.fromkeys(curve.label for curve in panel.curves))
    for k, curve in enumerate(panel.curves):
        first = all(earlier.label != curve.label for earlier in panel.curves[:k])
        color = f"C{labels.index(curve.label) % 10}"
        steps, values = [step for step, _ in curve.points], [max(value, _FLOOR) for _, value in curve.points]
        axes.plot(steps, values, color=color, linewidth=1.2, marker=".", label=curve.label if first else None)
    if panel.share:
        axes.set_ylim(-0.03, 1.03)
    else:
        axes.set_yscale("log")
        axes.set_ylim(bottom=min(axes.get_ylim()[0], panel.baseline / 10))
    axes.set_xlim(left=0)
    axes.set_xlabel("updates")
    axes.set_ylabel(panel.measure)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
