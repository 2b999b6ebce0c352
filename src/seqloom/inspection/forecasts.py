"""Forecasts as pictures: a fan over the past, residuals, the error by steps ahead, and how much intervals hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.inspection.picture import new_figure, plain, save

__all__ = ["Fan", "Residuals", "draw_by_horizon", "draw_coverage", "draw_fans", "draw_residuals"]

Floats = NDArray[np.float64]
_MOST_LAGS = 40


class Fan(NamedTuple):
    """The ``past`` (T,) of a column, quantiles (H, 5) of what comes next (2.5, 10, 50, 90 and 97.5 %), and what
    ``came`` (up to H), NaN where a value is missing."""

    name: str
    past: Floats
    quantiles: Floats
    came: Floats


class Residuals(NamedTuple):
    """What came less what was said of it one step before (N,), NaN where a value is missing."""

    name: str
    values: Floats

    def autocorrelations(self) -> Floats:
        """r_k = Σ_t e_t e_{t+k} / Σ_t e_t² of the residuals less their mean (K,), at the lags from 1 to 40, or to a
        quarter of them where they are few; of pairs that are known.

        >>> Residuals("", np.array([1.0, -1.0] * 20)).autocorrelations()[:2].round(2).tolist()
        [-0.98, 0.95]
        """
        centred = np.nan_to_num(self.values - np.nanmean(self.values))
        lags = range(1, min(_MOST_LAGS, len(centred) // 4) + 1)
        whole = max(float((centred**2).sum()), 1e-300)
        return np.array([float((centred[:-lag] * centred[lag:]).sum()) / whole for lag in lags])


def draw_fans(fans: Sequence[Fan], picture: Path, at_once: int | None = None) -> None:
    """Draw each fan over its past into a file, one below the other; of several forecasts, so many steps were forecast
    ``at_once``. MissingExtraError without matplotlib."""
    figure = new_figure((7.0, 1.0 + 2.0 * len(fans)), "Forecasts over the past, with intervals of 80 and 95 %")
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
        _bare(axes)
        if not place:
            axes.legend(fontsize=7, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)
    several = "" if at_once is None else f", forecast {at_once} at a time"
    axes.set_xlabel(f"steps from the origin{several}", fontsize=8)
    save(figure, picture)


def draw_residuals(residuals: Sequence[Residuals], picture: Path) -> None:
    """Draw residuals over time into a file, and beside them their autocorrelations: 95 % of those that mean nothing are
    between the gray lines. MissingExtraError without matplotlib."""
    figure = new_figure((7.0, 0.8 + 1.7 * len(residuals)), "Residuals, one step ahead")
    rows = figure.subplots(len(residuals), 2, squeeze=False, width_ratios=(2, 1))
    for (over_time, by_lag), one in zip(rows, residuals, strict=True):
        over_time.axhline(0, color="gray", lw=0.6)
        over_time.plot(one.values, color="tab:blue", lw=0.7)
        over_time.set_ylabel(plain(one.name), fontsize=8)
        found = one.autocorrelations()
        bound = 1.96 / np.sqrt(max(1, int((~np.isnan(one.values)).sum())))
        for height in (-bound, 0, bound):
            by_lag.axhline(height, color="gray", lw=0.6)
        by_lag.vlines(range(1, len(found) + 1), 0, found, color="tab:blue", lw=1.4)
        largest = max(2 * bound, 1.1 * float(np.abs(found).max(initial=0)))
        by_lag.set_ylim(-largest, largest)
        _bare(over_time)
        _bare(by_lag)
    over_time.set_xlabel("origin", fontsize=8)
    by_lag.set_xlabel("autocorrelation by lag", fontsize=8)
    save(figure, picture)


def draw_by_horizon(errors: Mapping[str, Sequence[float]], figure_name: str, picture: Path) -> None:
    """Draw an error for each step ahead (H,), that of the model, which is the first, in bold, into a file; bars where
    there is one step."""
    steps = len(next(iter(errors.values())))
    title = f"{figure_name.capitalize()} {'by steps ahead' if steps > 1 else 'one step ahead'}"
    axes = (figure := new_figure((7.0, 3.4), title)).subplots()
    if steps > 1:
        for place, (name, values) in enumerate(errors.items()):
            axes.plot(
                range(1, steps + 1),
                values,
                label=plain(name),
                marker="." if steps < 30 else None,
                lw=1 if place else 2.5,
            )
        axes.set_xlabel("steps ahead", fontsize=8)
        axes.set_ylabel(figure_name, fontsize=8)
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    else:
        bars = axes.barh([plain(name) for name in errors], [values[0] for values in errors.values()], color="lightgray")
        bars[0].set_color("tab:blue")
        axes.bar_label(bars, fmt="%.3f", fontsize=8, padding=2)
        axes.invert_yaxis()
        axes.set_xlabel(figure_name, fontsize=8)
    _bare(axes)
    save(figure, picture)


def draw_coverage(levels: Sequence[float], shares: Sequence[float], picture: Path) -> None:
    """Draw, for each level, the share of values at or below its quantile into a file: on the diagonal is what a
    quantile promises."""
    axes = (figure := new_figure((4.0, 3.8), "Values at or below each quantile")).subplots()
    axes.plot([0, 1], [0, 1], color="gray", lw=0.8)
    axes.plot(levels, shares, marker="o", ms=4, color="tab:blue")
    axes.set_xlabel("level of the quantile", fontsize=8)
    axes.set_ylabel("share of values", fontsize=8)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    _bare(axes)
    save(figure, picture)


def _bare(axes: Any) -> None:
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
