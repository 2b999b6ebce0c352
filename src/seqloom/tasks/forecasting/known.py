"""What a forecaster knows of its data, from plain facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import UsageError
from seqloom.models.distributions import Distribution, Gaussian, Quantiles, StudentT
from seqloom.tasks.examples.values import Facts
from seqloom.tasks.forecasting.picks import Sizes
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.settings import DistributionKind, ForecasterSettings
from seqloom.tasks.forecasting.windows import Window

__all__ = [
    "checked_levels",
    "distribution_of",
    "is_constant",
    "scale_of",
    "seconds_apart",
    "sizes_of",
    "written_moment",
]

Floats = NDArray[np.float64]
_SEASONS = 2
"""So many are to be known of a series for a scale of its own."""


def sizes_of(facts: Facts) -> Sizes:
    """How many steps of each kind."""
    return Sizes(**facts["sizes"])


def distribution_of(settings: ForecasterSettings) -> Distribution:
    """What a forecast is made of."""
    match settings.distribution:
        case DistributionKind.GAUSSIAN:
            return Gaussian()
        case DistributionKind.STUDENT_T:
            return StudentT()
        case _:
            return Quantiles((0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975))


def checked_levels(quantiles: Sequence[float]) -> list[float]:
    """The same; UsageError for what is no level."""
    wrong = [one for one in quantiles if not 0 < one < 1]
    if wrong or not len(quantiles):
        raise UsageError(f"quantiles: expected numbers between 0 and 1, got {list(quantiles)}.")
    return list(quantiles)


def is_constant(values: Floats) -> bool:
    """Whether nothing that is known (T, D) ever changes."""
    known = values[~np.isnan(values)]
    return not len(known) or bool((np.nanmax(values, 0) == np.nanmin(values, 0)).all())


def written_moment(moment: Any) -> str:
    """As text, without what is nothing at its end."""
    return str(moment).replace("T", " ").removesuffix(".000000").removesuffix(" 00:00:00")


def seconds_apart(stamps: Any) -> float:
    """The median of what is between two steps; 0 of numbers."""
    if stamps.dtype.kind != "M" or len(stamps) < 2:
        return 0.0
    return float(np.median(np.diff(stamps) / np.timedelta64(1, "s")))


def scale_of(facts: Facts, window: Window) -> Scale:
    """That of training; of another series that of its past, and that of all where it has too little."""
    known = facts["scales"].get(window.series.name)
    if known is not None:
        return Scale.from_json(known)
    sizes, past = sizes_of(facts), window.series.values[: window.first + 1]
    if len(past) > _SEASONS * sizes.season + sizes.horizon and not is_constant(past):
        return Scale.learned([past], sizes.horizon, sizes.season)
    return Scale.from_json(facts["common"])
