"""Learning curves of several runs in one picture."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqloom.errors import MissingExtraError

__all__ = ["Curve", "draw_learning_curves", "require_matplotlib"]

INK, LINE = "#222222", "#888888"


class Curve(NamedTuple):
    """One run: ``points`` of (step, value). Runs with one label share a colour and a line of the legend."""

    label: str
    points: Sequence[tuple[int, float]]


def require_matplotlib() -> None:
    """Raise MissingExtraError unless matplotlib is installed."""
    _load("matplotlib")


def draw_learning_curves(
    curves: Sequence[Curve], title: str, measure: str, baseline: float, picture: Path, floor: float = 1e-6
) -> None:
    """Draw ``curves`` over the steps on a logarithmic axis, with ``baseline`` as a dashed line, into ``picture``.

    Values below ``floor`` are drawn there. Raises MissingExtraError without matplotlib.
    """
    figure = _load("matplotlib.figure").Figure(figsize=(7.2, 4.0), dpi=160, layout="constrained")
    axes = figure.subplots()
    axes.axhline(baseline, color=LINE, linewidth=1, linestyle=(0, (4, 3)), label=f"trivial {baseline:.3g}")
    labels = list(dict.fromkeys(curve.label for curve in curves))
    shown: set[str] = set()
    for curve in curves:
        steps, values = [step for step, _ in curve.points], [max(value, floor) for _, value in curve.points]
        label = None if curve.label in shown else curve.label
        axes.plot(steps, values, color=f"C{labels.index(curve.label) % 10}", linewidth=1.2, marker=".", label=label)
        shown.add(curve.label)
    lowest = min([baseline, *(max(value, floor) for curve in curves for _, value in curve.points)])
    axes.set_yscale("log")
    axes.set_ylim(bottom=min(lowest / 2, baseline / 10))
    axes.set_xlim(left=0)
    axes.set_xlabel("updates")
    axes.set_ylabel(measure)
    axes.set_title(title, fontsize=10, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(picture)


def _load(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingExtraError("matplotlib", "plots") from None
