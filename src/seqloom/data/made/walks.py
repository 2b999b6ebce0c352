"""Made walks of which something, or nothing, can be told in advance."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from seqloom.choice import Choice
from seqloom.data.draws import Purpose, generator

__all__ = ["Signal", "made_walk"]

EXPLAINED: Final = 0.05
"""Of the variance of a step, by what was before it."""
_STAY: Final = 0.99
_FADE: Final = 0.95


class Signal(Choice):
    """What tells of the next step."""

    NONE = "none"
    """Nothing: steps are drawn alone."""
    CLUSTERS = "clusters"
    """Nothing of its direction: large steps follow large ones."""
    AUTOREGRESSION = "autoregression"
    """The step before."""
    SEASON = "season"
    """Which of five days it is."""
    LEAD = "lead"
    """The step before of another walk."""
    REGIME = "regime"
    """Whether rises or falls prevail at the time, for 100 steps on average."""


def made_walk(steps: int, seed: int, signal: Signal) -> NDArray[np.float64]:
    """Two walks (T, 2), of which the second may lead the first: sums of steps of variance 1, of which a ``signal``
    explains 5 %.

    >>> made_walk(3, 0, Signal.NONE).shape
    (3, 2)
    """
    draw = generator(seed, Purpose.MADE, list(Signal).index(signal))
    noise, other = draw.normal(size=(2, steps))
    share, found = np.sqrt(EXPLAINED), noise.copy()
    told = np.zeros(steps)
    if signal is Signal.CLUSTERS:
        size = np.zeros(steps)
        for step in range(1, steps):
            size[step] = _FADE * size[step - 1] + 0.2 * draw.normal()
        found = noise * np.exp(size) / np.sqrt(np.mean(np.exp(2 * size)))
    elif signal is Signal.AUTOREGRESSION:
        for step in range(1, steps):
            found[step] = share * found[step - 1] + np.sqrt(1 - share**2) * noise[step]
    elif signal is Signal.SEASON:
        days = draw.normal(size=5)
        told = ((days - days.mean()) / days.std())[np.arange(steps) % 5]
    elif signal is Signal.LEAD:
        told = np.concatenate([[0.0], other[:-1]])
    elif signal is Signal.REGIME:
        told = np.where(np.cumsum(draw.random(steps) > _STAY) % 2, 1.0, -1.0)
    if signal in (Signal.SEASON, Signal.LEAD, Signal.REGIME):
        found = share * told + np.sqrt(1 - share**2) * noise
    return np.cumsum([found, other], 1).T
