"""Made recordings of a machine in one of four states: means and deviations tell some of them apart, shapes all."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.draws import Purpose, generator

__all__ = ["CHANNELS", "MadeRecording", "made_sensors"]

CHANNELS: Final = ("vibration", "current", "temperature")
_STATES: Final = ("idle", "overload", "running", "worn")
_MISSING: Final = 0.003


class MadeRecording(NamedTuple):
    """A state and what was recorded in it, ten times a second: ``values`` (T, 3), NaN where the sensor failed."""

    state: str
    values: NDArray[np.float64]


def made_sensors(rows: int, seed: int) -> list[MadeRecording]:
    """``rows`` recordings of 40 to 119 steps, the states in turn; a function of both arguments.

    >>> [(one.state, one.values.shape[1]) for one in made_sensors(2, seed=1)]
    [('idle', 3), ('overload', 3)]
    """
    draw = generator(seed, Purpose.MADE)
    return [_recording(draw, _STATES[row % len(_STATES)]) for row in range(rows)]


def _recording(draw: np.random.Generator, state: str) -> MadeRecording:
    """A machine of its own size, speed and room: a worn bearing knocks, a load makes vibration and current swing."""
    steps = int(draw.integers(40, 120))
    t = np.arange(steps) / 10
    size, room, busy = draw.uniform(0.7, 1.3), draw.uniform(17, 31), state != "idle"
    swing = np.sin(2 * np.pi * (draw.uniform(0.25, 0.4) * t + draw.random()))
    vibration = busy * np.sin(2 * np.pi * (draw.uniform(1.2, 1.8) * t + draw.random()))
    current = 0.3 + busy * 1.7 * size + draw.normal(0, 0.05 + 0.15 * (state != "overload"), steps)
    if state == "worn":
        knocks = np.arange(int(draw.integers(2, 9)), steps, int(draw.integers(7, 10)))
        vibration *= 0.75
        vibration[knocks] += draw.uniform(1.2, 1.8, len(knocks)) * draw.choice([-1, 1], len(knocks))
    if state == "overload":
        vibration *= 1 + 0.4 * swing
        current += 0.25 * swing
    vibration = size * vibration + draw.normal(0, 0.15, steps)
    temperature = room + busy * draw.uniform(0.05, 0.25) * t + draw.normal(0, 0.2, steps)
    values = np.stack([vibration, current, temperature], 1).round(3)
    values[draw.random(values.shape) < _MISSING] = np.nan
    return MadeRecording(state, values)
