"""A forecaster as an inspection looks at it: the latest steps of some series, each with what comes after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.batch import Batch
from seqloom.data.times import TimedSeries
from seqloom.errors import DataError
from seqloom.models.distributions import Distribution
from seqloom.tasks.examples import subject as of_examples
from seqloom.tasks.examples.values import Given
from seqloom.tasks.forecasting.picks import Sizes
from seqloom.tasks.forecasting.windows import Window
from seqloom.tasks.inspecting.subject import Asked, Subject

if TYPE_CHECKING:
    from seqloom.tasks.forecasting.forecaster import Forecaster

__all__ = ["asked_of", "subject_of"]

_MOST = 64


def subject_of(model: Forecaster, series: Sequence[TimedSeries]) -> Subject:
    """Up to 64 windows, the latest of each series first; each is judged by what comes after its last step."""
    sizes = Sizes(**model.facts_["sizes"])
    windows = _latest(series, sizes)
    if not windows:
        raise DataError(f"X: expected series of at least 3 steps to look at, got {max(map(len, series), default=0)}.")
    found = of_examples.subject_of(model, Given(windows, windows))
    objective = model._objective(model.facts_)

    def loss(batch: Batch) -> Tensor:
        return objective.loss(model.model_, batch, None)[0]

    def looks(row: int) -> NDArray[np.float64]:
        window = windows[row]
        return window.series.values[window.begin : window.end]

    return replace(found, loss=loss, looks=looks)


def asked_of(distribution: Distribution, columns: Sequence[str]) -> Asked:
    """Of θ (H · D · P): where the next value of the first column lies, or else its first parameter."""
    each = distribution.parameters

    def name(place: int) -> str:
        horizon, rest = divmod(place, len(columns) * each)
        column, parameter = divmod(rest, each)
        what = "move" if parameter == distribution.location else f"parameter {parameter + 1}"
        ahead = f"{horizon + 1} step{'s' * bool(horizon)} ahead"
        return f"the {what} of {columns[column]} {ahead}, in usual moves"

    return Asked(name, distribution.location or 0)


def _latest(series: Sequence[TimedSeries], sizes: Sizes) -> list[Window]:
    """Windows with one origin each at the end, as many of each series, from the last step back that has a future."""
    each = max(1, _MOST // len(series))
    read = sizes.past + sizes.origins
    return [
        Window(one, max(0, end - read), end - 1, end, sizes)
        for one in series[:_MOST]
        for end in range(len(one) - 1, max(1, len(one) - 1 - each), -1)
    ]
