"""Where each word of a caption looked, over the picture ("show, attend and tell", Xu et al., 2015, fig. 3)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.inspection.picture import check_picture, new_figure, plain, save

__all__ = ["draw_attention"]

_COLUMNS = 6
_INCHES, _TITLE = 1.5, 0.3


def draw_attention(
    frames: NDArray[np.uint8], tokens: Sequence[str], weights: NDArray[np.floating], picture: Path
) -> None:
    """Draw a picture or video and, for each of the T ``tokens``, where it looked; write it to ``picture``.

    ``frames`` are (F, H, W, C); ``weights`` (T, F, rows, columns). Of a video each word is shown over the frame that
    it looked at most. Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    count = len(tokens) + 1
    across = min(_COLUMNS, count)
    down = -(-count // across)
    height, width = frames.shape[1:3]
    high = down * (_INCHES * min(2.0, height / width) + _TITLE) + _TITLE
    figure = new_figure((across * _INCHES, high), " ".join(tokens[:-1]))
    for place in range(count):
        axes = figure.add_subplot(down, across, place + 1)
        axes.set_axis_off()
        if not place:
            axes.imshow(_shown(frames[0]))
            axes.set_title("the first frame" if len(frames) > 1 else "the picture", fontsize=7)
            continue
        seen = weights[place - 1]
        frame = int(seen.sum((1, 2)).argmax())
        share = seen[frame] / max(float(seen.max()), 1e-9)
        axes.imshow(_shown(frames[frame]))
        axes.imshow(share, extent=(-0.5, width - 0.5, height - 0.5, -0.5), cmap="inferno", alpha=0.6, vmin=0, vmax=1)
        axes.set_title(plain(tokens[place - 1]) + (f" ({frame + 1})" if len(frames) > 1 else ""), fontsize=7)
    save(figure, picture)


def _shown(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(frame, 3, 2) if frame.shape[2] == 1 else frame
