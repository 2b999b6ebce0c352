"""How good forecasts are, beside those that need no learning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from seqloom.tasks.figures import Figures
from seqloom.tasks.forecasting.correction import LEVELS, MEDIAN
from seqloom.tasks.forecasting.naive import naive
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.skill import Skill, as_good, difference_by_blocks, skill_in_words
from seqloom.tasks.forecasting.windows import Window

__all__ = ["LINEAR", "Comparison", "Errors"]

Floats = NDArray[np.float64]
_INTERVALS: Final = {"coverage_80": (0.1, 0.9), "coverage_95": (0.025, 0.975)}
LINEAR: Final = "linear model of the lags"


class Comparison:
    """The errors of a forecaster and of naive forecasts at the origins of some ``windows``, added up one by one."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self._naive = naive(windows)
        self.model = Errors()
        self.others: dict[str, Errors] = {}
        self._ups: list[NDArray[np.bool_]] = []
        self._right: list[NDArray[np.bool_]] = []
        self._block = 1
        self._together = 1

    def add(self, window: Window, scale: Scale, said: Floats, linear: Floats | None) -> None:
        """``said``, quantiles (L, N, H, D) of LEVELS at each origin, and what the ``linear`` model says (N, H, D)."""
        future, present = window.future, window.present[:, None]
        self.model.add(said, future, scale)
        self.add_naive(window, scale)
        if linear is not None:
            self.others.setdefault(LINEAR, Errors()).add(linear[None], future, scale)
        moved = np.sign(future - present)
        known = ~np.isnan(moved) & (moved != 0)
        self._ups.append((moved > 0)[known])
        self._right.append((np.sign(said[MEDIAN] - present) == moved)[known])
        self._together = window.block * window.sizes.horizon

    def add_naive(self, window: Window, scale: Scale) -> None:
        """What the naive forecasts say."""
        self._block = window.block
        for name, forecast in self._naive.items():
            self.others.setdefault(name, Errors()).add(forecast(window)[None], window.future, scale)

    def baselines(self) -> dict[str, dict[str, float]]:
        """The figures of each naive forecast."""
        return {name: one.figures() for name, one in self.others.items()}

    def rival(self) -> str:
        """The naive forecast to beat: the first that is as good as the best one, by :func:`as_good`."""
        names = [name for name in self.others if name != LINEAR]
        errors = np.stack([self.others[name].by_origin() for name in names])
        return names[int(as_good(errors, int(errors.mean(1).argmin()), self._block).argmax())]

    def figures(self, rival: str | None = None) -> Figures:
        """All of them; the verdict is on the ``rival`` among the naive ones, without one on that of these values. There
        is a second one on the linear model, which is a part of the forecaster."""
        baselines = self.baselines()
        rival = rival if rival in baselines else self.rival()
        others = [rival, *[LINEAR] * (LINEAR in baselines)]
        verdicts = [skill_in_words(self._skill(name)) for name in others]
        direction = _direction(np.concatenate(self._right), np.concatenate(self._ups), self._together)
        notes = tuple(filter(None, (*verdicts, direction)))
        return Figures(self.model.count, "values", self.model.figures(), baselines, "mase", notes=notes)

    def _skill(self, rival: str) -> Skill:
        errors = self.model.by_origin(), self.others[rival].by_origin()
        return Skill(rival, *difference_by_blocks(*errors, self._block))


class Errors:
    """The errors of forecasts, added up for each step ahead and each column."""

    def __init__(self) -> None:
        self._counts: Any = 0
        self._sums: dict[str, Any] = {}
        self._scaled: list[Floats] = []
        self._below: Any = 0

    @property
    def count(self) -> int:
        """Of the values that are known."""
        return int(np.sum(self._counts))

    def add(self, quantiles: Floats, future: Floats, scale: Scale) -> None:
        """Quantiles (Q, N, H, D), or one alone, of what came to be (N, H, D)."""
        known = ~np.isnan(future)
        middle = quantiles[MEDIAN if len(quantiles) > 1 else 0]
        error = np.where(known, future - middle, 0.0)
        sizes = np.abs(future) + np.abs(middle)
        found = {
            "mse": np.square(error),
            "mae": np.abs(error),
            "smape": 2 * np.abs(error) / np.where(known & (sizes > 0), sizes, 1.0),
            "mase": np.abs(error) / scale.season,
        }
        if len(quantiles) > 1:
            levels = np.array(LEVELS)[:, None, None, None]
            gap = np.where(known, future - quantiles, 0.0)
            found["crps"] = 2 * np.maximum(levels * gap, (levels - 1) * gap).mean(0)
            for name, (low, high) in _INTERVALS.items():
                inside = (future >= quantiles[LEVELS.index(low)]) & (future <= quantiles[LEVELS.index(high)])
                found[name] = inside & known
            self._below = self._below + ((future <= quantiles) & known).sum((1, 2, 3))
        self._sums = {name: self._sums.get(name, 0.0) + value.sum(0) for name, value in found.items()}
        self._counts = self._counts + known.sum(0)
        there = known.any((1, 2))
        mean = (np.abs(error) / scale.season).sum((1, 2)) / known.sum((1, 2)).clip(1)
        self._scaled.append(mean[there])

    def figures(self) -> dict[str, float]:
        """Each as a mean over all values that are known."""
        return {name: float(value.sum()) / max(self.count, 1) for name, value in self._sums.items()}

    def by_horizon(self) -> dict[str, list[float]]:
        """The same for each step ahead (H,)."""
        return self._over(1)

    def by_column(self) -> dict[str, list[float]]:
        """The same for each column (D,)."""
        return self._over(0)

    def by_origin(self) -> Floats:
        """The mean absolute scaled error at each origin (N,)."""
        return np.concatenate(self._scaled)

    def below(self) -> list[float]:
        """For each of LEVELS the share of values at or below its quantile."""
        shares: list[float] = (np.asarray(self._below) / max(self.count, 1)).tolist()
        return shares

    def _over(self, axis: int) -> dict[str, list[float]]:
        counts = self._counts.sum(axis).clip(1)
        return {name: (value.sum(axis) / counts).tolist() for name, value in self._sums.items()}


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
