"""Which class is taken for which, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.inspection.picture import new_figure, plain, save

__all__ = ["draw_confusion"]

_MOST_NUMBERS = 25
_MOST_NAMES = 50
_LONGEST = 20
_DARK = 0.55
_WIDEST = 20.0
_FITTING = 100.0
"""Points of a number, for each inch of its cell and digit, that fit."""


def draw_confusion(counts: NDArray[np.int64], classes: Sequence[Any], title: str, picture: Path) -> None:
    """Draw ``counts`` (C, C), rows of each true class by the class that they are taken for, into a file.

    A cell is as dark as its share of the true class is large; up to 25 classes it shows its count, unless that is 0. Of
    more than 50 classes every second one is named, and so on.
    Raises MissingExtraError without matplotlib.
    """
    count, names = len(classes), [plain(_short(str(label))) for label in classes]
    side = min(_WIDEST, max(2.6, (0.34 if count <= _MOST_NUMBERS else 0.17) * count))
    size = 6.5 if count > _MOST_NUMBERS else 8
    figure = new_figure((side + 1.7, side + 1.4), title)
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    named = range(0, count, -(-count // _MOST_NAMES))
    shown = [names[place] for place in named]
    axes.set_xticks(named, shown, rotation=90 if max(map(len, shown)) > 3 else 0, fontsize=size)
    axes.set_yticks(named, shown, fontsize=size)
    axes.set_xlabel("taken for")
    axes.set_ylabel("true class")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if count <= _MOST_NUMBERS:
        for row, column in np.argwhere(counts):
            color = "white" if shares[row, column] > _DARK else "black"
            text = f"{counts[row, column]:,}"
            fitting = min(size, _FITTING * side / count / len(text))
            axes.text(column, row, text, ha="center", va="center", color=color, fontsize=fitting)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02)
    bar.set_label("share of the true class", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    save(figure, picture)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
