"""A stream that was watched, as a picture: what came, how surprising it was, and what rang."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.inspection.picture import new_figure, plain, save

__all__ = ["draw_alarms"]

Floats = NDArray[np.float64]
_COLOURS = ("tab:red", "tab:orange", "tab:purple", "tab:brown", "tab:pink")


def draw_alarms(
    values: Mapping[str, Floats],
    statistics: Mapping[str, Floats],
    levels: Mapping[str, float],
    rang: Mapping[str, Sequence[int]],
    picture: Path,
) -> None:
    """Draw columns (T,) by name, below them each statistic (T,) with its level as a line, alarms marked through all.

    ``rang`` has the steps at which each statistic rang; NaN leaves a gap. MissingExtraError without matplotlib.
    """
    rows = len(values) + len(statistics)
    figure = new_figure((9.0, 0.9 + 1.1 * rows), "What came, and what rang")
    panels = figure.subplots(rows, 1, squeeze=False, sharex=True)[:, 0]
    colours = dict(zip(statistics, _COLOURS, strict=False))
    for axes, (name, line) in zip(panels, [*values.items(), *statistics.items()], strict=True):
        axes.plot(line, color="black" if name in values else colours[name], lw=0.7)
        axes.set_ylabel(plain(name), fontsize=8)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.005)
    for axes, name in zip(panels[len(values) :], statistics, strict=True):
        axes.axhline(levels[name], color="gray", lw=0.8, ls="--")
        axes.set_ylim(bottom=min(0.0, float(np.nanmin(statistics[name], initial=0.0))))
    for name, steps in rang.items():
        for place, axes in enumerate(panels):
            own = place == len(values) + list(statistics).index(name)
            if place < len(values) or own:
                for step in steps:
                    axes.axvline(step, color=colours[name], lw=0.8, alpha=0.5 if own else 0.35)
    panels[-1].set_xlabel("step", fontsize=8)
    save(figure, picture)
