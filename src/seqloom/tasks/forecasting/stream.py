"""Forecasts while observations come in: each moves the forecast on, at a cost that does not grow."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.times.spacing import Rows, Stamps, spacing_from_json
from seqloom.errors import DataError
from seqloom.tasks.forecasting.adaptive import Adaptive
from seqloom.tasks.forecasting.correction import at_levels, quantiles_of
from seqloom.tasks.forecasting.forecasts import Forecasts
from seqloom.tasks.forecasting.inputs import Inputs, Step
from seqloom.tasks.forecasting.known import checked_levels
from seqloom.tasks.forecasting.recursive import Origins, rolled
from seqloom.tasks.forecasting.windows import causes_of_time

__all__ = ["ForecastStream"]

Floats = NDArray[np.float64]


class ForecastStream:
    """``stream.push(values)`` reads the next step (D,), NaN where one is missing; ``forecast()`` says what comes next.

    The scale stays that of training. A stream keeps the weights it was opened with. Where the model reads a calendar,
    each step needs its moment; where it reads columns beside the values, what is ``beside`` (C,), those that are known
    ahead first, and a forecast what is ``known`` of the next steps (H, K). Intervals learn from the forecasts that were
    asked for: they become wider or narrower with what comes outside or inside of them; see :class:`Adaptive`.
    """

    def __init__(self, forecasts: Forecasts, inputs: Inputs) -> None:
        self._forecasts = forecasts._replace(network=copy.deepcopy(forecasts.network).eval())
        self._inputs = inputs
        spacing = forecasts.facts.get("spacing")
        self._spacing = None if spacing is None else spacing_from_json(spacing)
        self._known = len(forecasts.facts.get("times", {}).get("known", ()))
        self._season = max(0, inputs.scale.effects.shape[1] - self._known - 1)
        self.reset()

    def reset(self) -> None:
        """Begin another series."""
        columns, others = len(self._inputs.scale.mean), len(self._inputs.beside.mean)
        self._state = self._forecasts.network.begin(1)
        self._last = Step(np.full((1, columns), np.nan), np.full((1, others), np.nan))
        self._adaptive = Adaptive(self._forecasts.correction, columns)
        self._step = -1
        self._said: Tensor | None = None
        self._moment: Stamps = np.zeros(1)

    @torch.no_grad()
    def push(self, values: Any, moment: Any = None, beside: Any = ()) -> None:
        """Read one step. Raises DataError for another number of columns, infinite numbers, and a missing moment."""
        x = _numbers(values, len(self._inputs.scale.mean), "")
        others = _numbers(beside, len(self._inputs.beside.mean), " beside the values")
        if moment is None and (self._inputs.cycles or (self._season and self._spacing is not None)):
            raise DataError("This model reads a calendar: give the moment of each step, as push(values, moment).")
        self._step += 1
        self._moment = _moment(self._step if moment is None else moment)
        now_beside = np.where(np.isnan(others), self._last.beside, others)
        places = self._inputs.scale.places(x, self._causes(now_beside, 0))
        now = Step(np.where(np.isnan(places), self._last.places, places), now_beside)
        before = now if self._step == 0 else self._last
        features = self._inputs.steps(before, now, np.isnan(x), self._moment)
        self._said, self._state = self._forecasts.network.step(features, self._state, self._forecasts.trust)
        self._last = now
        self._adaptive.came(self._step, places[0])

    def following(self) -> tuple[Tensor, Floats] | None:
        """The parameters (D, P) of the next step's moves, and the present places (D,), NaN where nothing came yet; None
        before the first value."""
        if self._said is None or np.isnan(self._last.places).all():
            return None
        return self._said[0, 0], self._last.places[0]

    def forecast(self, quantiles: Sequence[float] = (0.5,), known: Any = None) -> Floats:
        """The next steps (H, D), the median; of several quantiles (H, D, Q). DataError before the first value, and
        where what is known ahead is missing."""
        if self._said is None or np.isnan(self._last.places).all():
            raise DataError("Nothing has come in yet: push a step first.")
        scale, horizon = self._inputs.scale, self._forecasts.facts["sizes"]["horizon"]
        ahead = np.asarray(np.zeros((horizon, 0)) if known is None else known, np.float64)
        wanted = (horizon, self._known)
        if ahead.shape != wanted or not np.isfinite(ahead).all():
            raise DataError(f"known: expected finite numbers {wanted} of the next steps, got {known!r}.")
        present = np.where(np.isnan(self._last.places), scale.mean / scale.move, self._last.places)
        found = self._adaptive.forecast(self._step, present + self._moves(ahead))
        values = scale.values(at_levels(found, checked_levels(quantiles)), self._causes(ahead, 1))
        chosen = np.moveaxis(values, 0, -1)
        return chosen[..., 0] if len(quantiles) == 1 else chosen

    def _causes(self, known: Floats, later: int) -> Floats:
        """What has effects (T, K) on steps that follow one another, of which the first is so many steps later."""
        known = np.nan_to_num(known[:, : self._known])
        if not self._season:
            return known
        number = self._step if self._spacing is None else int(self._spacing.numbers(self._moment)[0])
        numbers = number + later + np.arange(len(known))
        return np.concatenate([known, causes_of_time(numbers, self._season)], 1)

    def _moves(self, ahead: Floats) -> Floats:
        """The quantiles (L, H, D) that the network says."""
        assert self._said is not None
        if not self._forecasts.recursive:
            return quantiles_of(self._forecasts.distribution, self._said)[:, 0]
        moments = (self._spacing or Rows()).after(self._moment, len(ahead))[None]
        origins = Origins(self._state, self._said[:, :1], self._last, ahead[None], moments)
        trust = self._forecasts.trust
        return rolled(self._forecasts.network, self._forecasts.distribution, self._inputs, origins, trust)[:, 0]


def _moment(moment: Any) -> Stamps:
    """One moment (1,)."""
    return np.array([moment], np.float64 if isinstance(moment, int | float) else "datetime64[us]")


def _numbers(values: Any, columns: int, which: str) -> Floats:
    """One step (1, D)."""
    found = np.atleast_1d(np.asarray(values, np.float64))
    if found.shape != (columns,) or np.isinf(found).any():
        raise DataError(f"Expected {columns} finite numbers{which}, or NaN where one is missing, got {values!r}.")
    return found[None]
