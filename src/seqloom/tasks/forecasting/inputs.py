"""A series as the network reads it: moves, levels, what is missing, and where in the day, week or year a step is."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.times.spacing import Stamps
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.windows import last_known

__all__ = ["calendar", "features", "width"]

_CYCLES = {"day": (86_400.0, 0.0), "week": (604_800.0, 259_200.0)}
"""Seconds of each, and where in the first one 1970 began (a Thursday)."""


def width(columns: int, cycles: list[str]) -> int:
    """The features F of a step.

    >>> width(2, ["day"])
    8
    """
    return 3 * columns + 2 * len(cycles)


def features(values: NDArray[np.float64], stamps: Stamps, begin: int, scale: Scale, cycles: list[str]) -> Tensor:
    """The steps from ``begin`` on of values (T, D) → (T - begin, F): moves from step to step first, in units of a move,
    then levels, then which are missing, then sine and cosine of each of the ``cycles``.

    A value that is missing is read as the one before it.
    """
    known = last_known(values)
    moves = np.diff(known, axis=0, prepend=known[:1]) / scale.move
    first = int((~np.isnan(values)).any(1).argmax())
    moves[: first + 1] = 0.0
    levels = (known - scale.mean) / scale.deviation
    levels[:first] = 0.0
    parts = [moves[begin:], levels[begin:], np.isnan(values[begin:]).astype(np.float64)]
    parts += [calendar(stamps[begin:], cycle) for cycle in cycles]
    return torch.from_numpy(np.concatenate(parts, 1).astype(np.float32))


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
