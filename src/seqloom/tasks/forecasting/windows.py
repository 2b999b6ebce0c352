"""Series cut into windows: some steps to read, of which the last are origins, each with the steps after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.times import TimedSeries
from seqloom.tasks.forecasting.picks import Sizes
from seqloom.tasks.forecasting.scale import Scale

__all__ = ["Window", "first_origin", "last_known", "windows_of"]


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

    def targets(self, scale: Scale) -> Tensor:
        """How far the next values are from the present one, (T, H, D); NaN before the first origin, and after the end
        of the series."""
        found = torch.full((self.end - self.begin, self.sizes.horizon, self.series.values.shape[1]), torch.nan)
        found[torch.from_numpy(self.at - self.begin)] = torch.from_numpy(scale.moves(self.present, self.future))
        return found

    @property
    def present(self) -> NDArray[np.float64]:
        """The last known values at each origin (N, D)."""
        return last_known(self.series.values[: self.end])[self.at]

    @property
    def future(self) -> NDArray[np.float64]:
        """The values after each origin (N, H, D), NaN after the end of the series."""
        values, horizon = self.series.values, self.sizes.horizon
        ahead = np.concatenate(
            [values[self.first + 1 : self.end + horizon], np.full((horizon, values.shape[1]), np.nan)]
        )
        return np.lib.stride_tricks.sliding_window_view(ahead, horizon, axis=0)[self.at - self.first].transpose(0, 2, 1)


def last_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """values (T, D), each NaN replaced by what was last known; by 0 where nothing was.

    >>> last_known(np.array([[np.nan], [2.0], [np.nan], [3.0]]))[:, 0].tolist()
    [0.0, 2.0, 2.0, 3.0]
    """
    known = ~np.isnan(values)
    at = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], -1), axis=0)
    found = np.take_along_axis(values, at.clip(0), axis=0)
    return np.where(at < 0, 0.0, found)


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
