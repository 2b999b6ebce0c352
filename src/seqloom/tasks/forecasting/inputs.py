"""A series as the network reads it: moves, levels, what is missing, the calendar, and what is beside it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.last_known import last_known
from seqloom.data.times.spacing import Stamps
from seqloom.tasks.forecasting.scale import Scale

__all__ = ["Inputs", "Step", "calendar", "cycles_for"]

Floats = NDArray[np.float64]

_CYCLES = {"day": (86_400.0, 0.0), "week": (604_800.0, 259_200.0)}
"""Seconds of each, and where in the first one 1970 began (a Thursday)."""


class Step(NamedTuple):
    """The last known places (R, D) of some steps, and what is beside them (R, C)."""

    places: Floats
    beside: Floats


class Inputs(NamedTuple):
    """How steps are read: the ``scale`` of what is forecast and that of the C columns beside it, the ``cycles`` of a
    calendar, and what is ``static`` (S,)."""

    scale: Scale
    beside: Scale
    cycles: list[str]
    static: Floats

    @property
    def width(self) -> int:
        """The features F of a step."""
        return 3 * len(self.scale.mean) + 2 * len(self.cycles) + 2 * len(self.beside.mean) + len(self.static)

    def features(self, places: Floats, beside: Floats, stamps: Stamps, begin: int) -> Tensor:
        """The steps from ``begin`` on of places (T, D) and of columns beside them (T, C) → (T - begin, F).

        A value that is missing is read as the one before it.
        """
        now = Step(last_known(places), last_known(beside))
        before = Step(*(np.concatenate([one[:1], one[:-1]])[begin:] for one in now))
        return self.steps(before, Step(*(one[begin:] for one in now)), np.isnan(places[begin:]), stamps[begin:])

    def steps(self, before: Step, now: Step, missing: NDArray[np.bool_], stamps: Stamps) -> Tensor:
        """R steps, each with the one before it → (R, F), float64: moves first, then levels, then which are missing
        (R, D), then sine and cosine of each of the cycles, then moves and levels of the columns beside, then what is
        static. What is not known yet is 0."""
        nothing = np.zeros((len(missing), 0))
        beside, last = (self.beside.places(one.beside, nothing) for one in (now, before))
        parts = [
            np.nan_to_num(now.places - before.places),
            np.nan_to_num(self.scale.levels(now.places)),
            missing.astype(np.float64),
            *(calendar(stamps, cycle) for cycle in self.cycles),
            np.nan_to_num(beside - last),
            np.nan_to_num(self.beside.levels(beside)),
            np.broadcast_to(self.static, (len(missing), len(self.static))),
        ]
        return torch.from_numpy(np.concatenate(parts, 1))


def cycles_for(stamps: Stamps, apart: float) -> list[str]:
    """The cycles that steps so many seconds apart pass through; none for moments that are numbers."""
    if stamps.dtype.kind != "M":
        return []
    lengths: dict[str, Any] = {"day": 86_400, "week": 604_800, "year": 31_557_600}
    seconds = float((stamps[-1] - stamps[0]) / np.timedelta64(1, "s"))
    return [name for name, length in lengths.items() if 2 * apart <= length and 2 * length <= seconds]


def calendar(stamps: Stamps, cycle: str) -> NDArray[np.float64]:
    """Sine and cosine (T, 2) of where in a cycle each moment is.

    >>> calendar(np.array(["2024-01-01T06:00"], "datetime64[us]"), "day").round(3).tolist()
    [[1.0, 0.0]]
    """
    if cycle == "year":
        year = stamps.astype("datetime64[Y]")
        share = (stamps - year) / ((year + 1).astype(stamps.dtype) - year.astype(stamps.dtype))
    else:
        length, begin = _CYCLES[cycle]
        seconds = (stamps - np.datetime64(0, "s")) / np.timedelta64(1, "s")
        share = (seconds + begin) / length
    return np.stack([np.sin(2 * np.pi * share), np.cos(2 * np.pi * share)], 1)
