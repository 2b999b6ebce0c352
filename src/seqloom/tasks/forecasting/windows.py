"""Series cut into windows: some steps to read, of which the last are origins, each with the steps after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.last_known import last_known
from seqloom.data.times import TimedSeries
from seqloom.tasks.forecasting.picks import Sizes
from seqloom.tasks.forecasting.scale import Scale

__all__ = ["Window", "causes_of_time", "first_origin", "whole_series", "windows_of"]

Floats = NDArray[np.float64]
_MOST_PLACES: Final = 200


@final
@dataclass(frozen=True)
class Window:
    """Of ``series`` the steps from ``begin`` up to ``end`` are read; every ``stride``-th from ``first`` on is an
    origin."""

    series: TimedSeries
    begin: int
    first: int
    end: int
    sizes: Sizes
    stride: int = 1

    @property
    def at(self) -> NDArray[np.int64]:
        """The origins (N,), as steps of the series."""
        return np.arange(self.first, self.end, self.stride)

    @property
    def origins(self) -> int:
        """How many there are, N."""
        return len(self.at)

    @property
    def block(self) -> int:
        """Origins in a row that share what comes after them, or a season: together they count as one."""
        return -(-max(self.sizes.horizon, self.sizes.season) // self.stride)

    def places(self, scale: Scale) -> Floats:
        """The values (T, D) from the begin of the series up to the end of the window, in units of a move."""
        return scale.places(self.series.values[: self.end], self._causes(scale, self.end))

    @property
    def beside(self) -> Floats:
        """The columns (T, C) beside them: what is known ahead, then what is read also."""
        return np.concatenate([self._known(self.end), self.series.also[: self.end]], 1)

    def targets(self, scale: Scale, horizon: int) -> Tensor:
        """How far the next values are from the present one, (T, H, D) in moves; NaN before the first origin, after the
        end of the series, and where nothing is known yet."""
        found = torch.full((self.end - self.begin, horizon, self.series.values.shape[1]), torch.nan)
        steps = self.end + horizon
        later = scale.places(_longer(self.series.values, steps)[:steps], self._causes(scale, steps))
        moves = _following(later, self.at, horizon) - last_known(later)[self.at, None]
        found[torch.from_numpy(self.at - self.begin)] = torch.from_numpy(moves.astype(np.float32))
        return found

    @property
    def known_ahead(self) -> Floats:
        """What is known ahead of the next steps (N, H, K), as the last before it where it is missing."""
        return _following(self._known(self.end + self.sizes.horizon), self.at, self.sizes.horizon)

    def causes_ahead(self, scale: Scale) -> Floats:
        """What has effects on the next steps (N, H, K): what is known ahead, and time if that has some."""
        horizon = self.sizes.horizon
        return _following(self._causes(scale, self.end + horizon), self.at, horizon)

    @property
    def times(self) -> Floats:
        """Those of :func:`causes_of_time`, of each step up to the end (T, 1 + S)."""
        return causes_of_time(self.series.numbers[: self.end], self.sizes.season)

    @property
    def present(self) -> Floats:
        """The last known values at each origin (N, D), 0 where nothing is known yet."""
        found: Floats = np.nan_to_num(last_known(self.series.values[: self.end])[self.at])
        return found

    @property
    def future(self) -> Floats:
        """The values after each origin (N, H, D), NaN after the end of the series."""
        horizon = self.sizes.horizon
        return _following(_longer(self.series.values, self.end + horizon), self.at, horizon)

    def _causes(self, scale: Scale, steps: int) -> Floats:
        """What has effects on so many steps (T, K): columns that are known ahead, and time if that has some."""
        known = self._known(steps)
        if scale.effects.shape[1] == known.shape[1]:
            return known
        later = self.series.numbers[-1] + np.arange(1, max(0, steps - len(self.series)) + 1)
        numbers = np.concatenate([self.series.numbers, later])[:steps]
        return np.concatenate([known, causes_of_time(numbers, self.sizes.season)], 1)

    def _known(self, steps: int) -> Floats:
        """What is known ahead of so many steps (T, K); the last where nothing more is, 0 where nothing was."""
        found: Floats = np.nan_to_num(last_known(_longer(self.series.known, steps)[:steps]))
        return found


def causes_of_time(numbers: NDArray[np.int64], season: int) -> Floats:
    """Of numbers (T,) of steps (T, 1 + S): the numbers, which make a trend, and a 1 where in a season they are.

    A season of more than 200 steps has no such places (S = 0): they would be too many to be told from chance.

    >>> causes_of_time(np.array([4, 5]), 3).tolist(), causes_of_time(np.array([4, 5]), 86_400).tolist()
    ([[4.0, 0.0, 1.0, 0.0], [5.0, 0.0, 0.0, 1.0]], [[4.0], [5.0]])
    """
    places = np.arange(season if season <= _MOST_PLACES else 0)
    return np.concatenate([numbers[:, None], (numbers % season)[:, None] == places], 1).astype(np.float64)


def _longer(values: Floats, steps: int) -> Floats:
    """At least so many steps, NaN at the end."""
    return np.concatenate([values, np.full((max(0, steps - len(values)), values.shape[1]), np.nan)])


def _following(values: Floats, at: NDArray[np.int64], horizon: int) -> Floats:
    """The steps (N, H, D) after some of (T, D)."""
    found: Floats = values[at[:, None] + np.arange(1, horizon + 1)]
    return found


def windows_of(series: TimedSeries, sizes: Sizes, first: int = 1, stride: int = 1) -> Iterator[Window]:
    """Windows whose origins are every ``stride``-th step from ``first`` on but the last, up to ``sizes.origins`` steps
    in each.

    The last one has fewer where they do not come out even.
    """
    steps = max(1, sizes.origins // stride) * stride
    for begin in range(first, len(series) - 1, steps):
        end = min(begin + steps, len(series) - 1)
        end -= (end - 1 - begin) % stride
        yield Window(series, max(0, end - sizes.past), begin, end, sizes, stride)


def first_origin(steps: int, share: float) -> int:
    """The first origin of the last ``share`` of a series."""
    return max(1, steps - 1 - round(share * (steps - 1)))


def whole_series(windows: Sequence[Window]) -> list[Window]:
    """For each series of some windows one that reads it from its begin up to the last value that they are asked for,
    its one origin."""
    last: dict[int, Window] = {}
    for window in windows:
        known = last.get(id(window.series))
        if known is None or known.end < window.end:
            last[id(window.series)] = window
    ends = [min(one.end + one.sizes.horizon, len(one.series)) for one in last.values()]
    return [
        replace(one, begin=0, first=end - 1, end=end, stride=1) for one, end in zip(last.values(), ends, strict=True)
    ]
