"""A direction in the space of states, along which something is told: one unit, or a few with a weight each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Direction", "standardised"]

Numbers = NDArray[np.floating]


@dataclass(frozen=True)
class Direction:
    """Σ weight · (unit − its mean) / its deviation, over ``units`` by their numbers.

    ``area`` is that under the ROC curve on what the direction was not chosen by: 0.5 is chance, and 1 tells the pattern
    from all else. One unit has the weight 1, or −1 where it is low in the pattern.
    """

    units: tuple[int, ...]
    weights: tuple[float, ...]
    area: float

    def along(self, states: Numbers, like: Numbers | None = None) -> Numbers:
        """States (N, S) → how far each lies along the direction (N,), in means and deviations of ``like`` (M, S).

        >>> Direction((1,), (-1.0,), 1.0).along(np.array([[5.0, 0], [5, 2]])).tolist()
        [1.0, -1.0]
        """
        chosen = list(self.units)
        own = standardised(states[:, chosen], None if like is None else like[:, chosen])
        found: Numbers = own @ np.array(self.weights, own.dtype)
        return found

    def __str__(self) -> str:
        if len(self.units) == 1:
            return f"unit {self.units[0]}"
        return f"a direction of {len(self.units)} units"


def standardised(states: Numbers, like: Numbers | None = None) -> Numbers:
    """(states − mean) / deviation of ``like`` (default: of themselves), 0 for a unit that never moves."""
    like = states if like is None else like
    deviation = like.std(0)
    found: Numbers = (states - like.mean(0)) / np.where(deviation > 0, deviation, np.inf)
    return found
