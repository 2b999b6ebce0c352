"""Whether probabilities are what they say: of the answers given with 80 %, 80 % should be right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.inspection.picture import check_picture, new_figure, plain, save

__all__ = ["Reliability", "draw_reliability", "reliability"]

_BINS = 15
_MARKS = "os^Dv"


@dataclass(frozen=True, eq=False)
class Reliability:
    """Answers in equal ranges of confidence, the probability of what was said (Guo et al., 2017, "On calibration of
    modern neural networks", with 15 ranges).

    ``counts`` (B,) are the answers in each range, ``confidence`` (B,) their mean confidence and ``right`` (B,) the
    share of them that are right, both nan where there are none.
    """

    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]
    right: NDArray[np.float64]

    @property
    def error(self) -> float:
        """The expected calibration error Σ_b n_b / N · |right_b − confidence_b|; 0 of no answers."""
        gaps = np.nan_to_num(np.abs(self.right - self.confidence))
        return float(gaps @ self.counts / max(1, self.counts.sum()))

    @property
    def too_sure(self) -> float:
        """Mean confidence less the share of right answers: above 0 it is too sure, below 0 not sure enough."""
        return float(np.nan_to_num(self.confidence - self.right) @ self.counts / max(1, self.counts.sum()))


def reliability(confidence: ArrayLike, right: ArrayLike, bins: int = _BINS) -> Reliability:
    """Of answers with a ``confidence`` (N,), from 0 to 1, which are ``right`` (N,).

    >>> found = reliability([0.75, 0.75, 0.75, 0.75], [1, 1, 0, 0])
    >>> found.error, found.too_sure, int(found.counts.max())
    (0.25, 0.25, 4)
    """
    sure, hits = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    ranges = np.minimum((sure * bins).astype(int), bins - 1)
    counts = np.bincount(ranges, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Reliability(
            counts,
            np.bincount(ranges, sure, bins) / counts,
            np.bincount(ranges, hits, bins) / counts,
        )


def draw_reliability(found: Mapping[str, Reliability], picture: Path) -> None:
    """Draw the share of right answers over their confidence into a file, beside the diagonal, and below it how many
    answers of the first there are in each range.

    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    figure = new_figure((4.6, 5.2), "")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    axes.plot([0, 1], [0, 1], color="gray", linestyle=":", label="as sure as right")
    for place, (name, one) in enumerate(found.items()):
        some = one.counts > 0
        label = f"{plain(name)} (error {one.error:.3f})"
        style = {"linewidth": 1.0 if place else 1.8, "markersize": 5, "fillstyle": "none" if place else "full"}
        axes.plot(one.confidence[some], one.right[some], f"{_MARKS[place % len(_MARKS)]}-", label=label, **style)
    axes.set_ylabel("share that is right")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.legend(frameon=False, fontsize=7, loc="upper left")
    first = next(iter(found.values()))
    edges = np.linspace(0, 1, len(first.counts) + 1)
    below.bar((edges[1:] + edges[:-1]) / 2, first.counts, edges[1] * 0.9, color="tab:blue")
    below.set_ylabel("answers", fontsize=8)
    below.tick_params(labelsize=8)
    below.set_xlabel("probability of what was said")
    for one_axes in (axes, below):
        one_axes.spines[["top", "right"]].set_visible(False)
    save(figure, picture)
