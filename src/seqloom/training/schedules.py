"""The learning rate over the run."""

from __future__ import annotations

import dataclasses
import math

from seqloom.training.settings import ScheduleName

__all__ = ["Plateau", "cosine", "learning_rate", "warmup"]


def warmup(step: int, steps: int) -> float:
    """Return the factor of a linear warm-up over the first ``steps`` updates.

    >>> [warmup(step, 4) for step in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """
    return min(1.0, (step + 1) / steps) if steps else 1.0


def cosine(done: float) -> float:
    """Return ½ (1 + cos(π · done)), where ``done`` in [0, 1] is the finished share of the run.

    Source: Loshchilov & Hutter, "SGDR", 2017, without restarts.

    >>> [round(cosine(done), 3) for done in (0.0, 0.5, 1.0)]
    [1.0, 0.5, 0.0]
    """
    return 0.5 * (1.0 + math.cos(math.pi * min(done, 1.0)))


@dataclasses.dataclass
class Plateau:
    """Halve the rate whenever ``patience`` evaluations in a row bring no lower validation loss.

    >>> plateau = Plateau()
    >>> for loss in (2.0, 2.1, 1.9, 1.95, 1.96): plateau.observe(loss)
    >>> plateau.factor
    0.5
    """

    factor: float = 1.0
    best: float = math.inf
    waited: int = 0
    patience: int = 2

    def observe(self, loss: float) -> None:
        """Take note of a validation loss."""
        if loss < self.best:
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.factor, self.waited = self.factor / 2, 0


def learning_rate(
    peak: float, schedule: ScheduleName, step: int, done: float, warmup_steps: int, plateau: Plateau
) -> float:
    """Return the rate of the update number ``step`` (from 0), ``done`` of the run being finished."""
    rate = peak * warmup(step, warmup_steps)
    match schedule:
        case ScheduleName.CONSTANT:
            return rate
        case ScheduleName.LINEAR:
            return rate * (1.0 - min(done, 1.0))
        case ScheduleName.COSINE:
            return rate * cosine(done)
        case ScheduleName.PLATEAU:
            return rate * plateau.factor
