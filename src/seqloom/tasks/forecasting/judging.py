"""How good forecasts are, beside those that need no learning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seqloom.tasks.figures import Figures
from seqloom.tasks.forecasting.inputs import features
from seqloom.tasks.forecasting.naive import NAIVE, linear
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.skill import Skill, difference_by_blocks, skill_in_words
from seqloom.tasks.forecasting.windows import Window

__all__ = ["LEVELS", "LINEAR", "judged"]

Floats = NDArray[np.float64]
LEVELS: Final = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)
_MEDIAN: Final = LEVELS.index(0.5)
_INTERVALS: Final = {"coverage_80": (0.1, 0.9), "coverage_95": (0.025, 0.975)}
LINEAR: Final = "linear model of the lags"


def judged(
    windows: Sequence[Window],
    scales: Sequence[Scale],
    answers: Callable[[Window], Floats],
    weights: NDArray[np.float32],
    rival: str | None = None,
) -> Figures:
    """The figures of ``answers``, quantiles (Q, N, H, D) of LEVELS at each origin of a window, and of naive forecasts.

    The verdict is on the ``rival`` among these, without one on the best of them.
    """
    model = _Errors()
    others = {name: _Errors() for name in (*NAIVE, *([LINEAR] if weights.shape[1] else []))}
    ups, right = [], []
    for window, scale in zip(windows, scales, strict=True):
        future, present = window.future, window.present[:, None]
        said = answers(window)
        model.add(said, future, scale)
        for name, forecast in NAIVE.items():
            others[name].add(forecast(window)[None], future, scale)
        if LINEAR in others:
            others[LINEAR].add(_linear(window, scale, weights)[None], future, scale)
        moved = np.sign(future - present)
        known = ~np.isnan(moved) & (moved != 0)
        ups.append((moved > 0)[known])
        right.append((np.sign(said[_MEDIAN] - present) == moved)[known])
    baselines = {name: one.figures() for name, one in others.items()}
    rival = rival or min(baselines, key=lambda name: baselines[name]["mase"])
    sizes = windows[0].sizes
    both = model.by_origin(), others[rival].by_origin()
    block = max(sizes.horizon, sizes.season)
    skill = Skill(rival, *difference_by_blocks(*both, block))
    notes = (skill_in_words(skill), _direction(np.concatenate(right), np.concatenate(ups), block * sizes.horizon))
    return Figures(model.count, "values", model.figures(), baselines, "mase", notes=tuple(filter(None, notes)))


class _Errors:
    """The errors of forecasts, added up."""

    def __init__(self) -> None:
        self.count = 0
        self._sums: dict[str, float] = {}
        self._scaled: list[Floats] = []

    def add(self, quantiles: Floats, future: Floats, scale: Scale) -> None:
        """Quantiles (Q, N, H, D), or one alone, of what came to be (N, H, D)."""
        known = ~np.isnan(future)
        middle = quantiles[_MEDIAN if len(quantiles) > 1 else 0]
        error = np.where(known, future - middle, 0.0)
        sizes = np.abs(future) + np.abs(middle)
        found = {
            "mse": np.square(error).sum(),
            "mae": np.abs(error).sum(),
            "smape": (2 * np.abs(error) / np.where(known & (sizes > 0), sizes, 1.0)).sum(),
            "mase": (np.abs(error) / scale.season).sum(),
        }
        if len(quantiles) > 1:
            levels = np.array(LEVELS)[:, None, None, None]
            gap = np.where(known, future - quantiles, 0.0)
            found["crps"] = 2 * np.maximum(levels * gap, (levels - 1) * gap).mean(0).sum()
            for name, (low, high) in _INTERVALS.items():
                inside = (future >= quantiles[LEVELS.index(low)]) & (future <= quantiles[LEVELS.index(high)])
                found[name] = (inside & known).sum()
        self._sums = {name: self._sums.get(name, 0.0) + float(value) for name, value in found.items()}
        self.count += int(known.sum())
        there = known.any((1, 2))
        mean = (np.abs(error) / scale.season).sum((1, 2)) / known.sum((1, 2)).clip(1)
        self._scaled.append(mean[there])

    def figures(self) -> dict[str, float]:
        """Each as a mean over all values that are known."""
        return {name: value / max(self.count, 1) for name, value in self._sums.items()}

    def by_origin(self) -> Floats:
        """The mean absolute scaled error at each origin (N,)."""
        return np.concatenate(self._scaled)


def _linear(window: Window, scale: Scale, weights: NDArray[np.float32]) -> Floats:
    begin = max(0, window.first - weights.shape[1] + 1)
    values = window.series.values[: window.end]
    moves = features(values, window.series.stamps[: window.end], begin, scale, [])[:, : values.shape[1]]
    said = linear(weights.astype(np.float64), moves.double().numpy())[window.first - begin :]
    return scale.values(window.present, said)


def _direction(right: NDArray[np.bool_], ups: NDArray[np.bool_], together: int) -> str:
    """How often the median goes the way that the values went, beside the commoner way, in a sentence.

    ``together`` values are as good as one, since they overlap.
    """
    if not len(right):
        return ""
    margin = 1.96 * float(np.sqrt(0.25 / max(1.0, len(right) / together)))
    share = float(ups.mean())
    return f"Direction right: {right.mean():.1%} (± {margin:.1%}); the values went up in {share:.1%}.".replace(
        "%", " %"
    )
