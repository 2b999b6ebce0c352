"""Forecasts of any length from a network of one step: what it says is read as if it had come."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.times.spacing import Stamps
from seqloom.layers.state import select
from seqloom.models.distributions import Distribution
from seqloom.tasks.forecasting.correction import LEVELS, MEDIAN
from seqloom.tasks.forecasting.inputs import Inputs, Step
from seqloom.tasks.forecasting.network import ForecastNetwork

__all__ = ["Origins", "rolled"]

Floats = NDArray[np.float64]
_PATHS: Final = 100


class Origins(NamedTuple):
    """N steps from which is forecast: the ``state`` of the network after them, its parameters ``said`` (N, 1, D, P) of
    the next step, the last known ``steps``, and of the H steps ahead what is ``known`` (N, H, K) and the ``moments``
    (N, H)."""

    state: Any
    said: Tensor
    steps: Step
    known: Floats
    moments: Stamps


@torch.no_grad()
def rolled(
    network: ForecastNetwork, distribution: Distribution, inputs: Inputs, origins: Origins, trust: float
) -> Floats:
    """How far the next values are from the present ones, in moves: the quantiles (L, N, H, D) of LEVELS.

    The median is the path on which each step is the median of what the step before says. Around it are the quantiles of
    100 paths of draws; all origins draw the same numbers, so one does not change another's.
    """
    count, horizon, columns = len(origins.said), origins.moments.shape[1], network.shape.columns
    rows = torch.arange(count).repeat_interleave(_PATHS + 1)
    uniform = np.random.default_rng(0).uniform(size=(horizon, _PATHS + 1, columns))
    uniform[:, 0] = 0.5
    state, said = select(origins.state, rows), origins.said[rows]
    now = Step(*(np.repeat(one, _PATHS + 1, 0) for one in origins.steps))
    begin, found = now.places, np.zeros((horizon, count, _PATHS + 1, columns))
    for ahead in range(horizon):
        levels = torch.from_numpy(np.tile(uniform[ahead], (count, 1)))
        before, beside = now, now.beside.copy()
        beside[:, : origins.known.shape[-1]] = np.repeat(origins.known[:, ahead], _PATHS + 1, 0)
        now = Step(before.places + distribution.quantile(said[:, 0], levels).numpy(), beside)
        found[ahead] = (now.places - begin).reshape(count, _PATHS + 1, columns)
        if ahead < horizon - 1:
            moments = np.repeat(origins.moments[:, ahead], _PATHS + 1, 0)
            x = inputs.steps(before, now, np.zeros(now.places.shape, bool), moments)
            said, state = network.step(x.to(said.dtype), state, trust)
    median, paths = found[:, :, 0], found[:, :, 1:]
    around = np.quantile(paths, LEVELS, axis=2)
    quantiles: Floats = (median + around - around[MEDIAN]).swapaxes(1, 2)
    return quantiles
