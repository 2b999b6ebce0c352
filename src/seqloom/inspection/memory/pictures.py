"""Influence by lag, and the loss by context, as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seqloom.inspection.memory.context import ContextCurve
from seqloom.inspection.memory.curve import LagCurve
from seqloom.inspection.picture import check_picture, new_figure, save

__all__ = ["draw_context", "draw_influence"]

_STYLES = ("-", "--", ":", "-.")


def draw_influence(curves: Mapping[str, LagCurve], picture: Path) -> None:
    """Draw curves, each as a share of its value at lag 0, over the lag, into a file.

    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    axes = (figure := new_figure((6.0, 3.6), "How strongly a step of the past could sway the present")).subplots()
    for number, (name, curve) in enumerate(curves.items()):
        whole = max(curve.at_present, 1e-30)
        style = {"linestyle": _STYLES[number % 4], "color": f"C{number % 10}", "linewidth": 1.4}
        axes.plot(curve.lags, np.maximum(curve.values / whole, 1e-12), label=name, **style)
        if curve.errors.any():
            low, high = (np.maximum((curve.values + side * curve.errors) / whole, 1e-12) for side in (-2, 2))
            axes.fill_between(curve.lags, low, high, color=f"C{number % 10}", alpha=0.2, linewidth=0)
    for share, name in ((0.5, "half"), (0.01, "1 %")):
        axes.axhline(share, color="#999999", linewidth=0.7)
        axes.text(1.0, share, f" {name}", transform=axes.get_yaxis_transform(), va="center", size=8, color="#666666")
    axes.set_yscale("log")
    axes.set_xlabel("steps ago")
    axes.set_ylabel("share of the influence of the present step")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    save(figure, picture)


def draw_context(curves: Mapping[str, ContextCurve], unit: str, picture: Path) -> None:
    """Draw the loss over how much context is left, with bars of two standard errors, into a file.

    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    axes = (figure := new_figure((6.0, 3.6), "The loss by how much of the past is left")).subplots()
    for number, (name, curve) in enumerate(curves.items()):
        style = {"linestyle": _STYLES[number % 4], "color": f"C{number % 10}", "marker": "o", "markersize": 3}
        axes.errorbar(curve.context, curve.losses, 2 * curve.errors, label=name, linewidth=1.4, **style)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("steps of context")
    axes.set_ylabel(f"loss ({unit})")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    save(figure, picture)
