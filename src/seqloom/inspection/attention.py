"""Where what was written looked in what was read, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.inspection.picture import new_figure

__all__ = ["draw_alignment"]

_SIDE = (2.4, 14.0)


def draw_alignment(weights: NDArray[np.float32], source: Sequence[str], target: Sequence[str], picture: Path) -> None:
    """Draw ``weights`` (T, S) into a file: a row for each token of the ``target``, darker where it looked.

    Raises MissingExtraError without matplotlib.
    """
    least, most = _SIDE
    size = (min(most, max(least, 0.26 * len(source))) + 1.4, min(most, max(least, 0.26 * len(target))) + 1.2)
    axes = (figure := new_figure(size, "Where each token looked")).subplots()
    axes.imshow(weights, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    names = [[name.replace(" ", "␣").replace("$", r"\\$") for name in side] for side in (source, target)]
    axes.set_xticks(range(len(source)), names[0], rotation=90 if max(map(len, names[0]), default=0) > 1 else 0)
    axes.set_yticks(range(len(target)), names[1])
    axes.tick_params(length=0, labelsize=8)
    axes.set_xlabel("read")
    axes.set_ylabel("written")
    figure.savefig(picture)
