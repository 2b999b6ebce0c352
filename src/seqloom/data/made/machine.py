"""Made readings of a machine that runs on and on, and faults planted in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.choice import Choice
from seqloom.data.draws import Purpose, generator
from seqloom.data.made.sensors import CHANNELS

__all__ = ["Fault", "Planted", "made_faults", "made_machine"]

Floats = NDArray[np.float64]
_TURN, _CYCLE = 7, 40
"""Steps of a turn, and of a cycle of its load."""
_NOISE: Final = np.array([0.2, 0.15, 0.25])
_WANDERS: Final = np.array([0.0, 0.5, 0.3])
"""How much of what wanders each channel shows."""
_MEMORY: Final = 0.9
_WAVES: Final = np.array([0.5225, 0.32, 0.5])
"""The variance of the waves of each channel."""
_FASTER: Final = 1.3


class Fault(Choice):
    """What goes wrong: of a channel with the deviation σ of its readings (waves, wandering and noise together).

    A spike of 3 σ in one step, a drift by 0.5 σ within 100 steps that then stays for 50, 50 steps of one and the same
    value, or 100 steps of a machine that runs 1.3 times as fast, or as slow.
    """

    SPIKE = "spike"
    DRIFT = "drift"
    STUCK = "stuck"
    RHYTHM = "rhythm"

    @property
    def steps(self) -> int:
        """How long it takes."""
        return {"spike": 1, "drift": 150, "stuck": 50, "rhythm": 100}[self]


class Planted(NamedTuple):
    """A fault that begins ``at`` a step, in a channel, up or down (of a rhythm: faster or slower)."""

    fault: Fault
    at: int
    channel: int = 0
    sign: int = 1

    @property
    def place(self) -> slice:
        """Its steps."""
        return slice(self.at, self.at + self.fault.steps)


def made_machine(steps: int, seed: int, planted: Sequence[Planted] = (), wander: float = 0.15) -> Floats:
    """Vibration, current and temperature (T, 3): waves of a turn and of a load, what wanders, and noise.

    All seeds are of one machine. What wanders is an autoregression that forgets a tenth at each step, with the
    deviation ``wander``, half of which current shows, and 0.3 of it temperature.

    >>> calm, ill = made_machine(9, 0), made_machine(9, 0, [Planted(Fault.SPIKE, 4, channel=1, sign=-1)])
    >>> (calm - ill).round(2)[3:6].tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.77, 0.0], [0.0, 0.0, 0.0]]
    """
    draw = generator(seed, Purpose.MADE, 1)
    turned, cycled = draw.random(2)
    wandering = wander * _wandering(draw.normal(size=steps))
    noise = draw.normal(size=(steps, len(CHANNELS))) * _NOISE
    speed = np.ones(steps)
    for one in planted:
        if one.fault is Fault.RHYTHM:
            speed[one.place] = _FASTER**one.sign
    time = np.cumsum(speed)
    load = 2 * np.pi * (time / _CYCLE + cycled)
    vibration = np.sin(2 * np.pi * (time / _TURN + turned)) * (1 + 0.3 * np.sin(load))
    waves = np.stack([vibration, 2 + 0.8 * np.sin(load), 40 + np.sin(load - 0.9)], 1)
    values: Floats = waves + wandering[:, None] * _WANDERS + noise
    deviations = np.sqrt(_WAVES + (wander * _WANDERS) ** 2 + _NOISE**2)
    for one in planted:
        part, size = values[one.place, one.channel], one.sign * deviations[one.channel]
        if one.fault is Fault.SPIKE:
            part += 3 * size
        elif one.fault is Fault.DRIFT:
            part += 0.5 * size * np.minimum(np.arange(1, len(part) + 1) / 100, 1.0)
        elif one.fault is Fault.STUCK:
            part[:] = values[one.at - 1, one.channel]
    return values


def made_faults(steps: int, seed: int) -> tuple[Floats, list[Planted]]:
    """The readings of a machine with a fault in every 500 steps, kinds and channels in turn, and which these are."""
    faults, count = list(Fault), max(0, (steps - 300) // 500)
    planted = [
        Planted(faults[k % 4], 500 * k + 400, 0 if faults[k % 4] is Fault.RHYTHM else k // 4 % 3, 1 - 2 * (k // 2 % 2))
        for k in range(count)
    ]
    return made_machine(steps, seed, planted), planted


def _wandering(noise: Floats) -> Floats:
    """x_t = 0.9 x_{t-1} + √(1 - 0.9²) noise_t, whose deviation is that of the noise."""
    found: Floats = noise.copy()
    for step in range(1, len(found)):
        found[step] = _MEMORY * found[step - 1] + np.sqrt(1 - _MEMORY**2) * noise[step]
    return found
