"""What each step of an example says for an answer, over what the example looks like: numbers, frames, a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.inspection.picture import check_picture, new_figure, save

__all__ = ["draw_over_frames", "draw_over_series"]

_MOST_LINES = 6
_STYLES = ("-", "--", ":", "-.", "-", "--")
_FRAMES = 6


def draw_over_series(values: NDArray[np.floating], steps: NDArray[np.floating], title: str, picture: Path) -> None:
    """Draw ``values`` (T, D) and, below, what each of the T ``steps`` says: bars up for the answer, down against it.

    Up to six columns are lines, each less its mean and over its deviation where there are several; more are an image.
    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    figure = new_figure((7.2, 3.4), title)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    columns = values.shape[1]
    if columns > _MOST_LINES:
        above.imshow(values.T, aspect="auto", origin="lower", cmap="Greys", interpolation="nearest")
        above.set_ylabel("features")
    else:
        several = (values - np.nanmean(values, 0)) / np.maximum(np.nanstd(values, 0), 1e-12)
        for column, style in zip(
            (several if columns > 1 else values).T, ("-", "--", ":", "-.", "-", "--"), strict=False
        ):
            above.plot(column, style, linewidth=1.1, marker="." if len(column) < 40 else None, markersize=4)
        above.set_ylabel("value" if columns == 1 else "values, scaled")
    places = np.arange(len(steps))
    below.bar(places, np.maximum(steps, 0), 1.0, color="tab:blue")
    below.bar(places, np.minimum(steps, 0), 1.0, color="tab:orange")
    below.axhline(0, color="black", linewidth=0.5)
    below.set_ylabel("says")
    below.set_xlabel("step")
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    save(figure, picture)


def draw_over_frames(frames: NDArray[np.uint8], steps: NDArray[np.floating], title: str, picture: Path) -> None:
    """Draw ``frames`` (F, H, W, C) of a picture or video, of a long one the six that say most, and beside each what its
    regions say, ``steps`` (F, rows, columns): blue for the answer, orange against it, + and - in the strongest ones.

    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    shown = np.sort(np.argsort(-np.abs(steps).sum((1, 2)), kind="stable")[:_FRAMES])
    largest = max(float(np.abs(steps).max()), 1e-30)
    figure = new_figure((4.2, 2.1 * len(shown) + 0.3), title)
    for row, (plain, over) in zip(shown, figure.subplots(len(shown), 2, squeeze=False), strict=True):
        frame = np.repeat(frames[row], 3, 2) if frames.shape[3] == 1 else frames[row]
        for axes in (plain, over):
            axes.set_axis_off()
        plain.imshow(frame)
        if len(frames) > 1:
            plain.set_title(f"frame {row + 1}", fontsize=7)
        over.imshow(frame.mean(2), cmap="Greys_r", vmin=0, vmax=255)
        _colour(over, steps[row] / largest, frame.shape[:2])
    save(figure, picture)


def _colour(axes: Any, shares: NDArray[np.floating], size: tuple[int, int]) -> None:
    """Squares of their share of the largest, with a sign in those above a half, over a frame of a ``size``."""
    height, width = size[0] / shares.shape[0], size[1] / shares.shape[1]
    for (row, column), share in np.ndenumerate(shares):
        colour = "tab:blue" if share >= 0 else "tab:orange"
        corner = (column * width - 0.5, row * height - 0.5)
        axes.add_patch(_square(corner, width, height, colour, 0.8 * abs(float(share))))
        if abs(share) > 0.5:
            middle = (corner[0] + width / 2, corner[1] + height / 2)
            axes.text(*middle, "+" if share > 0 else "-", ha="center", va="center", size=7, color="white")


def _square(corner: tuple[float, float], width: float, height: float, colour: str, alpha: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, facecolor=colour, alpha=alpha, linewidth=0)
