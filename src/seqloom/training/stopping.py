"""Early stopping: end when the validation loss no longer falls."""

from __future__ import annotations

import dataclasses
import math

__all__ = ["EarlyStopping"]


@dataclasses.dataclass
class EarlyStopping:
    """The best validation loss so far, and how many evaluations ago it was.

    >>> stopping = EarlyStopping()
    >>> [stopping.observe(loss, step) for step, loss in enumerate([3.0, 2.0, 2.5, 2.2])]
    [True, True, False, False]
    >>> stopping.best, stopping.step, stopping.exhausted(patience=2), stopping.exhausted(patience=None)
    (2.0, 1, True, False)
    """

    best: float = math.inf
    step: int = 0
    waited: int = 0

    def observe(self, loss: float, step: int) -> bool:
        """Take note of a validation loss; return whether it is the lowest so far."""
        if loss < self.best:
            self.best, self.step, self.waited = loss, step, 0
            return True
        self.waited += 1
        return False

    def exhausted(self, patience: int | None) -> bool:
        """Return whether ``patience`` evaluations in a row brought nothing."""
        return patience is not None and self.waited >= patience
