"""When a run is over, and how much of it is done."""

from __future__ import annotations

import math

from seqloom.training.settings import TrainingSettings
from seqloom.training.snapshot import Counters

__all__ = ["done", "limit_reached", "steps_per_epoch"]


def steps_per_epoch(windows: int, accumulate: int) -> int:
    """Return the updates of so many windows; the last may have fewer windows than ``accumulate``.

    >>> steps_per_epoch(10, 4)
    3
    """
    return math.ceil(windows / accumulate)


def limit_reached(counters: Counters, settings: TrainingSettings, reserve: float = 0.0) -> str | None:
    """Return the name of the limit that a run has reached, if any; the last ``reserve`` seconds are kept for its end.

    >>> limit_reached(Counters(step=5), TrainingSettings(steps=5))
    'steps'
    """
    if settings.steps is not None and counters.step >= settings.steps:
        return "steps"
    if settings.epochs is not None and counters.epoch >= settings.epochs:
        return "epochs"
    if settings.minutes is not None and counters.seconds + reserve >= 60 * settings.minutes:
        return "minutes"
    return None


def done(counters: Counters, settings: TrainingSettings, windows: int) -> float:
    """Return the finished share of a run in [0, 1], by the limit that is nearest; this epoch has so many ``windows``.

    >>> done(Counters(step=5, window=5), TrainingSettings(steps=20, epochs=1), windows=10)
    0.5
    """
    shares = [0.0]
    if settings.steps is not None:
        shares.append(counters.step / settings.steps)
    if settings.epochs is not None:
        steps, whole = (steps_per_epoch(count, settings.accumulate) for count in (counters.window, windows))
        shares.append((counters.epoch * whole + steps) / (settings.epochs * whole))
    if settings.minutes is not None:
        shares.append(counters.seconds / (60 * settings.minutes))
    return min(1.0, max(shares))
