"""What of a network is solved in closed form, before the rest is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.last_known import last_known
from seqloom.models.ridge import Ridge
from seqloom.tasks.forecasting.inputs import Inputs
from seqloom.tasks.forecasting.known import steps_of
from seqloom.tasks.forecasting.linear import solved
from seqloom.tasks.forecasting.network import ForecastNetwork
from seqloom.tasks.forecasting.windows import Window

__all__ = ["prime"]

Floats = NDArray[np.float64]
_WASHOUT: Final = 1000
"""Steps at most, and a third of a series at most, in which a state forgets that it began at nothing."""
_PENALTIES: Final = (1e-14, 1e-10, 1e-6, 1e-3, 1e-1, 1e1, 1e3, 1e5)


@torch.no_grad()
def prime(network: ForecastNetwork, whole: Sequence[tuple[Inputs, Window]]) -> None:
    """Solve the linear model, and the readout of a body that is not trained, from series each as one window."""
    horizon, columns, _ = network.shape
    steps = [steps_of(inputs, window) for inputs, window in whole]
    if network.linear.shape[-1]:
        moves = [one[:, :columns].numpy() for one in steps]
        known = [~np.isnan(window.series.values[: window.end]) for _, window in whole]
        network.linear.copy_(torch.from_numpy(solved(moves, horizon, network.linear.shape[-1], known)))
    if network.readout.shape[-1]:
        network.eval()
        rows = [_rows(network, *one, x) for one, x in zip(whole, steps, strict=True)]
        network.readout.copy_(_readout(rows).unflatten(0, (horizon, columns)))


def _rows(network: ForecastNetwork, inputs: Inputs, window: Window, x: Tensor) -> tuple[Tensor, Tensor]:
    """What the body says after each step (N, F), and what the linear model leaves of the next values (N, H · D)."""
    horizon = network.shape.horizon
    places = window.places(inputs.scale)
    at = np.arange(len(places) - horizon)[:, None]
    ahead = torch.from_numpy(places[at + np.arange(1, horizon + 1)] - last_known(places)[at])
    y, _ = network.body(x[None].to(network.head.weight.dtype))
    assert network.location is not None
    rest = ahead - network(x[None])[0, : len(at), ..., network.location].double()
    whole = ~rest.isnan().any(-1).any(-1)
    whole[: min(len(whole) // 3, _WASHOUT)] = False
    return y[0, : len(at)][whole].double(), rest[whole].flatten(1)


def _readout(rows: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """(K, 1 + F) by ridge regression; the last tenth of each series chooses the penalty."""
    cut = [len(x) * 9 // 10 for x, _ in rows]
    early = [(x[:end], y[:end]) for (x, y), end in zip(rows, cut, strict=True)]
    late = [(x[end:], y[end:]) for (x, y), end in zip(rows, cut, strict=True)]

    def error(penalty: float) -> float:
        model = _ridge(penalty, early)
        return sum(float((model.predict(x) - y).square().sum()) for x, y in late)

    found = _ridge(min(_PENALTIES, key=error), rows)
    return torch.cat([found.bias_[:, None], found.weight_], 1)


def _ridge(penalty: float, rows: Sequence[tuple[Tensor, Tensor]]) -> Ridge:
    model = Ridge(penalty)
    for x, y in rows:
        model.partial_fit(x, y)
    return model
