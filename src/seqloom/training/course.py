"""The course of the loss from step to step: where it began, and when it jumps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from seqloom.training.log import Record

__all__ = ["LossCourse"]

_MEMORY: Final = 0.05
_STEPS: Final = 20
_DEVIATIONS: Final = 6.0


@dataclass
class LossCourse:
    """``first`` is the loss of the first update. Since the last record, ``highest`` is the largest one, and ``spikes``
    counts those that lie more than six mean absolute deviations above the running mean, both over about 20 steps.

    >>> course = LossCourse()
    >>> for step in range(60):
    ...     course.observe(9.0 if step in (40, 50) else 2.0 - step / 100 + 0.01 * (step % 3))
    >>> course.record(first=True)
    {'first_loss': 2.0, 'highest_loss': 9.0, 'loss_spikes': 2}
    """

    first: float | None = None
    mean: float = 0.0
    deviation: float = 0.0
    steps: int = 0
    highest: float | None = None
    spikes: int = 0

    def observe(self, loss: float) -> None:
        """Take in the loss of a step; one that jumps is not part of what is usual."""
        if self.first is None:
            self.first = self.mean = loss
        away = loss - self.mean
        self.highest = loss if self.highest is None else max(self.highest, loss)
        self.steps += 1
        if self.steps > _STEPS and away > _DEVIATIONS * self.deviation:
            self.spikes += 1
            away = _DEVIATIONS * self.deviation
        self.mean += _MEMORY * away
        self.deviation += _MEMORY * (abs(away) - self.deviation)

    def record(self, first: bool) -> Record:
        """What a record has of it; ``first`` is whether it is the first record."""
        found: Record = {"first_loss": self.first} if first and self.first is not None else {}
        return found | {"highest_loss": self.highest, "loss_spikes": self.spikes}

    def recorded(self) -> None:
        """Begin to count anew."""
        self.highest, self.spikes = None, 0
