"""Where what was written looked in what was read, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.inspection.picture import name_steps, new_figure, save

__all__ = ["draw_alignment"]

_SIDE = (2.4, 14.0)


def draw_alignment(weights: NDArray[np.floating], source: Sequence[str], target: Sequence[str], picture: Path) -> None:
    """Draw ``weights`` (T, S) into a file: a row for each token of the ``target``, darker where it looked.

    Signed weights, as those that a linear recurrence implies, are blue below 0 and red above. Raises MissingExtraError
    without matplotlib.
    """
    least, most = _SIDE
    size = (min(most, max(least, 0.26 * len(source))) + 1.4, min(most, max(least, 0.26 * len(target))) + 1.2)
    axes = (figure := new_figure(size, "Where each token looked")).subplots()
    if weights.size and weights.min() < 0:
        largest = float(np.abs(weights).max())
        axes.imshow(weights, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto")
    else:
        axes.imshow(weights, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    name_steps(axes.xaxis, source)
    name_steps(axes.yaxis, target)
    axes.set_xlabel("read")
    axes.set_ylabel("written")
    save(figure, picture)
