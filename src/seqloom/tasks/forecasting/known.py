"""What a forecaster knows of its data, from plain facts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.problems import Problems
from seqloom.data.times import TimedSeries
from seqloom.errors import UsageError, listed
from seqloom.models.distributions import Distribution, Gaussian, Quantiles, StudentT
from seqloom.tasks.examples.values import Facts
from seqloom.tasks.forecasting.inputs import Inputs
from seqloom.tasks.forecasting.picks import Sizes
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.settings import DistributionKind, ForecasterSettings
from seqloom.tasks.forecasting.static import static_numbers
from seqloom.tasks.forecasting.windows import Window

__all__ = [
    "affected",
    "ahead_of",
    "beside_of",
    "check_ahead",
    "checked_levels",
    "distribution_of",
    "inputs_of",
    "is_constant",
    "key_of",
    "scale_of",
    "seconds_apart",
    "sizes_of",
    "steps_of",
    "width_of",
    "written_moment",
]

Floats = NDArray[np.float64]
_BEGIN = 16
"""Steps that tell a series without a name."""
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


def key_of(series: TimedSeries) -> str:
    """What a series is known by: its name, or else how it begins."""
    if series.name:
        return series.name
    begin = series.values[:_BEGIN].tobytes() + series.stamps[:_BEGIN].tobytes()
    return hashlib.blake2b(begin, digest_size=8).hexdigest()


def scale_of(facts: Facts, window: Window) -> Scale:
    """That of training; of another series that of its past, and that of all where it has too little."""
    known = facts["scales"].get(key_of(window.series))
    if known is not None:
        return Scale.from_json(known)
    sizes, past = sizes_of(facts), window.series.values[: window.first + 1]
    common = Scale.from_json(facts["common"])
    if len(past) <= _SEASONS * sizes.season + sizes.horizon or is_constant(past):
        return common
    logarithms = (common.floor > 0) & (np.nan_to_num(past, nan=np.inf) > 0).all(0)
    own = Scale.learned([past], ahead_of(facts), sizes.season, logarithms)
    return affected(own, common.effects, [replace(window, end=window.first + 1)])


def affected(scale: Scale, effects: Floats, windows: Sequence[Window]) -> Scale:
    """A scale with ``effects``: mean and deviation are of what these leave of the series of some windows."""
    found = scale._replace(effects=effects)
    left = np.concatenate([window.places(found) * scale.move for window in windows])
    return found.centred(left)


def beside_of(facts: Facts) -> Scale:
    """The scale of the columns beside what is forecast."""
    return Scale.from_json(facts["beside"]) if "beside" in facts else Scale.none()


def inputs_of(facts: Facts, window: Window) -> Inputs:
    """How the steps of a window are read."""
    static = static_numbers(facts.get("static", []), window.series.static)
    return Inputs(scale_of(facts, window), beside_of(facts), facts["cycles"], static)


def width_of(facts: Facts) -> int:
    """The features of a step."""
    static = static_numbers(facts.get("static", []), [""] * len(facts.get("static", [])))
    return Inputs(Scale.from_json(facts["common"]), beside_of(facts), facts["cycles"], static).width


def steps_of(inputs: Inputs, window: Window) -> Tensor:
    """The steps of a window as a network reads them, (T, F)."""
    stamps = window.series.stamps[: window.end]
    return inputs.features(window.places(inputs.scale), window.beside, stamps, window.begin)


def ahead_of(facts: Facts) -> int:
    """How many steps ahead the network knows of."""
    found: int = facts.get("ahead", facts["sizes"]["horizon"])
    return found


def check_ahead(series: Sequence[TimedSeries], known: Sequence[str], horizon: int) -> None:
    """Raise DataError unless what is known ahead is there for so many steps after the last one of each series."""
    problems = Problems("What is known ahead")
    for one in series:
        ahead = one.known[len(one) : len(one) + horizon]
        whose = f"series {one.name!r}, " if one.name else ""
        if known and len(ahead) < horizon:
            problems.add(
                f"{whose}after {written_moment(one.stamps[-1])}",
                f"expected {horizon:,} rows more with {listed(known)}, got {len(ahead):,}.",
            )
        for step, column in np.argwhere(np.isnan(ahead)).tolist():
            line = int(one.lines[len(one) + step])
            place = f"line {line}" if line else f"{step + 1:,} steps after {written_moment(one.stamps[-1])}"
            problems.add(f"{whose}{place}, column {known[column]}", "expected a number, got nothing.")
    problems.refuse()
