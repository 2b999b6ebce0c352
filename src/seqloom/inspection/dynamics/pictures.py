"""Trajectories and fixed points on two axes, and eigenvalues on the unit disc."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqloom.inspection.dynamics.fixed_points import FixedPoint
from seqloom.inspection.dynamics.jacobian import Complex
from seqloom.inspection.picture import check_picture, new_figure, save

__all__ = ["draw_eigenvalues", "draw_phase_portrait"]

_TRAJECTORIES = 60


def draw_phase_portrait(trajectories: Tensor, points: Sequence[FixedPoint], picture: Path) -> None:
    """Draw states (B, T, S) on their two principal axes, and the fixed points among them, into a file.

    A stable point is a filled disc, an unstable one a ring. Sixty trajectories are drawn at most.
    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    states = trajectories.detach().double().numpy()
    centre = states.reshape(-1, states.shape[2]).mean(0)
    _, sizes, axes = np.linalg.svd(states.reshape(-1, states.shape[2]) - centre, full_matrices=False)
    shares = sizes**2 / max(float(np.sum(sizes**2)), 1e-30)

    def placed(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        flat: NDArray[np.float64] = (vectors - centre) @ axes[:2].T
        return flat

    figure = new_figure((5.2, 4.6), f"{len(points)} fixed points, {sum(point.stable for point in points)} stable")
    plot = figure.subplots()
    for row in states[:_TRAJECTORIES]:
        plot.plot(*placed(row).T, color="#999999", linewidth=0.6, alpha=0.6, zorder=1)
    for point in points:
        at = placed(point.state.double().numpy()[None])[0]
        plot.scatter(*at, s=42, zorder=2, edgecolors="black", facecolors="black" if point.stable else "white")
    for number, axis in enumerate((plot.xaxis, plot.yaxis)):
        axis.set_label_text(f"principal axis {number + 1} ({shares[number]:.0%} of the variance)")
    plot.spines[["top", "right"]].set_visible(False)
    save(figure, picture)


def draw_eigenvalues(eigenvalues: Complex, title: str, picture: Path) -> None:
    """Draw eigenvalues on the plane with the unit circle, outside of which changes grow, into a file.

    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    values = np.ravel(eigenvalues)
    plot = (figure := new_figure((4.4, 4.6), title)).subplots()
    angles = np.linspace(0, 2 * np.pi, 200)
    plot.plot(np.cos(angles), np.sin(angles), color="#888888", linewidth=1)
    inside = np.abs(values) < 1
    for chosen, mark, label in ((inside, "o", "shrinks"), (~inside, "x", "grows or stays")):
        if chosen.any():
            plot.scatter(values[chosen].real, values[chosen].imag, s=16, marker=mark, color="black", label=label)
    plot.set_aspect("equal")
    plot.set_xlabel("real part")
    plot.set_ylabel("imaginary part")
    plot.legend(frameon=False, fontsize=8, loc="upper left")
    plot.spines[["top", "right"]].set_visible(False)
    save(figure, picture)
