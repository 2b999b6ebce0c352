"""Forecasts as pictures: a fan over the past, the error by steps ahead, and how much intervals hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.inspection.picture import new_figure, plain, save

__all__ = ["Fan", "draw_by_horizon", "draw_coverage", "draw_fans"]

Floats = NDArray[np.float64]


class Fan(NamedTuple):
    """The ``past`` (T,) of a column, quantiles (H, 5) of what comes next (2.5, 10, 50, 90 and 97.5 %), and what
    ``came`` (up to H), NaN where a value is missing."""

    name: str
    past: Floats
    quantiles: Floats
    came: Floats


def draw_fans(fans: Sequence[Fan], picture: Path) -> None:
    """Draw each fan over its past into a file, one below the other. MissingExtraError without matplotlib."""
    figure = new_figure((7.0, 0.8 + 2.0 * len(fans)), "Forecasts over the past, with intervals of 80 and 95 %")
    for place, (axes, fan) in enumerate(zip(figure.subplots(len(fans), 1, squeeze=False)[:, 0], fans, strict=True)):
        before = np.arange(1 - len(fan.past), 1)
        ahead = np.arange(1, len(fan.quantiles) + 1)
        for low, high, name, alpha in ((0, 4, "95 %", 0.2), (1, 3, "80 %", 0.35)):
            axes.fill_between(
                ahead, fan.quantiles[:, low], fan.quantiles[:, high], color="tab:blue", alpha=alpha, lw=0, label=name
            )
        axes.plot(before, fan.past, color="black", lw=1)
        axes.plot(ahead, fan.quantiles[:, 2], color="tab:blue", lw=1.4, label="median")
        axes.plot(ahead[: len(fan.came)], fan.came, color="black", lw=1, ls=":", label="what came")
        axes.axvline(0.5, color="gray", lw=0.6)
        axes.set_ylabel(plain(fan.name), fontsize=8)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        if not place:
            axes.legend(fontsize=7, frameon=False, loc="upper left", ncols=4)
    axes.set_xlabel("steps from the origin")
    save(figure, picture)


def draw_by_horizon(errors: Mapping[str, Sequence[float]], figure_name: str, picture: Path) -> None:
    """Draw an error for each step ahead (H,), that of the model, which is the first, in bold, into a file."""
    axes = (figure := new_figure((6.0, 3.4), f"{figure_name.capitalize()} by steps ahead")).subplots()
    for place, (name, values) in enumerate(errors.items()):
        axes.plot(
            range(1, len(values) + 1),
            values,
            label=name,
            marker="." if len(values) < 30 else None,
            lw=1 if place else 2,
        )
    axes.set_xlabel("steps ahead")
    axes.set_ylabel(figure_name)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=7, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, picture)


def draw_coverage(levels: Sequence[float], shares: Sequence[float], picture: Path) -> None:
    """Draw, for each level, the share of values at or below its quantile into a file: on the diagonal is what a
    quantile promises."""
    axes = (figure := new_figure((4.0, 3.8), "Values at or below each quantile")).subplots()
    axes.plot([0, 1], [0, 1], color="gray", lw=0.8)
    axes.plot(levels, shares, marker="o", ms=4, color="tab:blue")
    axes.set_xlabel("level of the quantile")
    axes.set_ylabel("share of values")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, picture)
