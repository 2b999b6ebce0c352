"""Where each head of attention looks: maps that stay readable over thousands of steps, and a part of one whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import UsageError
from seqloom.inspection.picture import check_picture, name_steps, new_figure, plain, save

__all__ = ["Cells", "HeadMaps", "Part", "aggregated", "draw_heads", "draw_part", "part_around"]

Floats = NDArray[np.floating[Any]]
MOST: Final = 128
"""Cells of a map along each side."""
_HEADS: Final = 8
_ACROSS: Final = 3
_PANEL: Final = 2.5
_ROWS, _COLUMNS = 24, 40
_CELL: Final = 0.2
_MARKED: Final = 0.05
_ABOVE: Final = 8


class HeadMaps(NamedTuple):
    """What is known as ``name``: ``weights`` (N, T, S) of N heads, a row for each step that looks, which are called
    ``rows`` (T,), and a column for each that is looked at, ``columns`` (S,)."""

    name: str
    weights: Floats
    rows: Sequence[str]
    columns: Sequence[str]

    @property
    def mean(self) -> Floats:
        """The mean (T, S) over the heads."""
        found: Floats = self.weights.mean(0)
        return found


class Cells(NamedTuple):
    """``weights`` (…, R, C) where a cell stands for so many ``rows`` and ``columns`` of a map, or fewer at its end."""

    weights: Floats
    rows: int
    columns: int


class Part(NamedTuple):
    """Rows from ``first_row`` on and columns from ``first_column`` on of the mean over the heads: ``weights`` (R, C).
    ``share`` is what of the absolute weights of the row that was asked for lies within."""

    weights: Floats
    first_row: int
    first_column: int
    share: float


def aggregated(weights: Floats, most: int = MOST) -> Cells:
    """Maps (…, T, S) → at most ``most`` by ``most`` cells: over columns the sum, over rows the mean.

    So each row adds up to what the rows that it stands for add up to in the mean: of attention, to 1.

    >>> found = aggregated(np.full((4, 6), 1 / 6), most=3)
    >>> found.weights.shape, found.rows, found.columns, found.weights.sum(-1).round(6).tolist()
    ((2, 3), 2, 2, [1.0, 1.0])
    """
    time, steps = weights.shape[-2:]
    rows, columns = max(1, math.ceil(time / most)), max(1, math.ceil(steps / most))
    if rows == columns == 1 or not time or not steps:
        return Cells(weights, 1, 1)
    down = np.arange(0, time, rows)
    summed = np.add.reduceat(np.add.reduceat(weights, np.arange(0, steps, columns), -1), down, -2)
    return Cells(summed / np.diff([*down, time])[:, None], rows, columns)


def part_around(maps: HeadMaps, step: int = -1) -> Part:
    """Of a map the row of one ``step`` (default: the last) and those around it, and the 40 columns next to each other
    that have most of its weight. UsageError for a step that there is not."""
    mean, (time, steps) = maps.mean, maps.weights.shape[1:]
    if not -time <= step < time:
        raise UsageError(f"step: expected one of 0 … {time - 1:,}, or -1 for the last; got {step}.")
    step %= time
    first_row = max(0, min(step - _ROWS // 2, time - _ROWS))
    sums = np.concatenate([[0.0], np.cumsum(np.abs(mean[step]))])
    width = min(_COLUMNS, steps)
    held = sums[width:] - sums[:-width]
    first = int(held.argmax())
    share = float(held[first] / sums[-1]) if sums[-1] else 0.0
    return Part(mean[first_row : first_row + _ROWS, first : first + width], first_row, first, share)


def draw_heads(maps: HeadMaps, picture: Path) -> None:
    """Draw the first eight heads and the mean over all into a file, of long inputs in cells that stand for several
    steps, see :func:`aggregated`.

    Weights are the darker, the larger, by their square root, so that small ones can be seen; where all are alike they
    are grey. Signed ones, as those that
    a linear recurrence implies, are white at 0, blue above and orange below. Raises MissingExtraError without
    matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    cells = aggregated(maps.weights)
    heads = list(cells.weights[:_HEADS])
    panels = [(f"head {number}", one) for number, one in enumerate(heads, 1)] if len(cells.weights) > 1 else []
    panels.append(("mean over the heads" if panels else "", cells.weights.mean(0)))
    across = min(_ACROSS, len(panels))
    down = -(-len(panels) // across)
    figure = new_figure((across * _PANEL + 0.9, down * _PANEL + 0.9), maps.name)
    grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).ravel()
    largest = _darkest(np.array([one for _, one in panels]), cells.weights)
    time, steps = maps.weights.shape[1:]
    for axes, (title, one) in zip(grid, panels, strict=False):
        image = _map(axes, one, largest, (-0.5, steps - 0.5, time - 0.5, -0.5))
        axes.set_title(title, fontsize=8)
        axes.tick_params(labelsize=7)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    bar = figure.colorbar(image, ax=list(grid), shrink=0.6, pad=0.02)
    bar.ax.tick_params(labelsize=7)
    figure.supxlabel(f"looked at{_window(cells.columns)}", fontsize=8)
    figure.supylabel(f"step that looks{_window(cells.rows)}", fontsize=8)
    save(figure, picture)


def draw_part(maps: HeadMaps, part: Part, step: int, picture: Path) -> None:
    """Draw a part of the mean over the heads into a file, with the names of its steps; an arrow is at the ``step`` that
    was asked for. Signed weights below 0 have a line through them, so that they can be told in black and white."""
    check_picture(picture)
    rows, columns = part.weights.shape
    names = maps.rows[part.first_row : part.first_row + rows]
    seen = maps.columns[part.first_column : part.first_column + columns]
    figure = new_figure((max(2.6, _CELL * columns) + 1.6, max(1.8, _CELL * rows) + 1.4), "")
    axes = figure.subplots()
    largest = _darkest(part.weights, maps.mean)
    _map(axes, part.weights, largest, None)
    for row, column in np.argwhere(part.weights < -_MARKED * largest):
        axes.plot([column - 0.3, column + 0.3], [row, row], color="black", linewidth=0.8)
    name_steps(axes.xaxis, seen)
    name_steps(axes.yaxis, names)
    asked = step % len(maps.rows) - part.first_row
    axes.annotate("◂", (columns - 0.4, asked), annotation_clip=False, va="center", fontsize=9)
    axes.set_title(f"{plain(maps.name)}, the mean over the heads", fontsize=9)
    axes.set_xlabel(f"looked at, from step {part.first_column:,} on", fontsize=8)
    axes.set_ylabel(f"step that looks, from {part.first_row:,} on", fontsize=8)
    save(figure, picture)


def _darkest(shown: Floats, whole: Floats) -> float:
    """The largest weight that is ``shown``, or eight times what each column has where all have alike."""
    alike = float(np.abs(whole).sum(-1).mean()) / max(1, whole.shape[-1]) if whole.size else 0.0
    return max(float(np.abs(shown).max(initial=0)), min(_ABOVE, whole.shape[-1]) * alike) or 1.0


def _map(axes: Any, weights: Floats, largest: float, extent: tuple[float, ...] | None) -> Any:
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm

    shown: dict[str, Any] = {"aspect": "auto", "interpolation": "nearest", "extent": extent}
    if weights.size and weights.min() < 0:
        colours = LinearSegmentedColormap.from_list(
            "signed", ["#b35806", "#fdb863", "white", "#92c5de", "#08306b"], 257
        )
        return axes.imshow(weights, cmap=colours, vmin=-largest, vmax=largest, **shown)
    return axes.imshow(weights, cmap="Greys", norm=PowerNorm(0.5, 0, largest), **shown)


def _window(steps: int) -> str:
    return "" if steps == 1 else f" (a cell is {steps:,} steps)"
