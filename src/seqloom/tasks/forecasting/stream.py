"""Forecasts while observations come in: each moves the forecast on, at a cost that does not grow."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.times.spacing import Stamps
from seqloom.errors import DataError
from seqloom.tasks.forecasting.inputs import calendar
from seqloom.tasks.forecasting.network import ForecastNetwork
from seqloom.tasks.forecasting.scale import Scale

__all__ = ["ForecastStream"]

Floats = NDArray[np.float64]


class ForecastStream:
    """``stream.push(values)`` reads the next step (D,), NaN where one is missing; ``forecast()`` says what comes next.

    The scale stays that of training. A stream keeps the weights it was opened with. Where the model reads a calendar,
    each step needs its moment.
    """

    def __init__(
        self,
        network: ForecastNetwork,
        scale: Scale,
        cycles: list[str],
        trust: float,
        quantiles: Callable[[Tensor, Floats, list[float]], Floats],
    ) -> None:
        self._network, self._scale, self._cycles = copy.deepcopy(network).eval(), scale, cycles
        self._trust, self._quantiles = trust, quantiles
        self.reset()

    def reset(self) -> None:
        """Begin another series."""
        self._state = self._network.begin(1)
        self._known: Floats | None = None
        self._said: Tensor | None = None

    @torch.no_grad()
    def push(self, values: Any, moment: Any = None) -> None:
        """Read one step. Raises DataError for another number of columns, infinite numbers, and a missing moment."""
        x = np.atleast_1d(np.asarray(values, np.float64))
        columns = self._network.shape.columns
        if x.shape != (columns,) or np.isinf(x).any():
            raise DataError(f"Expected {columns} finite numbers, or NaN where one is missing, got {values!r}.")
        if self._cycles and moment is None:
            raise DataError("This model reads a calendar: give the moment of each step, as push(values, moment).")
        missing = np.isnan(x)
        before = self._known
        known = np.where(missing, 0.0 if before is None else before, x)
        began = before is not None
        moves = (known - before) / self._scale.move if before is not None else np.zeros(columns)
        levels = (known - self._scale.mean) / self._scale.deviation
        if not began and missing.all():
            levels = np.zeros(columns)
        parts = [moves, levels, missing.astype(np.float64)]
        stamps: Stamps = np.array([moment], "datetime64[us]") if self._cycles else np.zeros(1)
        parts += [calendar(stamps, cycle)[0] for cycle in self._cycles]
        steps = torch.from_numpy(np.concatenate(parts).astype(np.float32))[None]
        said, self._state = self._network.step(steps, self._state, self._trust)
        self._said = said
        self._known = known if began or not missing.all() else None

    def following(self) -> tuple[Tensor, Floats] | None:
        """The parameters (D, P) of the next step's moves, and the present values (D,); None before the first value."""
        return None if self._said is None or self._known is None else (self._said[0, 0], self._known)

    def forecast(self, quantiles: tuple[float, ...] = (0.5,)) -> Floats:
        """The next steps (H, D), the median; of several quantiles (H, D, Q). DataError before the first value."""
        if self._said is None or self._known is None:
            raise DataError("Nothing has come in yet: push a step first.")
        found = np.moveaxis(self._quantiles(self._said, self._known[None], list(quantiles))[:, 0], 0, -1)
        return found[..., 0] if len(quantiles) == 1 else found
