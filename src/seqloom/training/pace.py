"""The clock of a run: seconds over all its parts, tokens a second, and when to draw."""

from __future__ import annotations

import math
import time
from typing import Any

from seqloom.training.limits import done
from seqloom.training.objectives.objective import Objective
from seqloom.training.progress import REDRAW_SECONDS, View
from seqloom.training.settings import TrainingSettings
from seqloom.training.snapshot import Counters

__all__ = ["Pace"]


class Pace:
    """Time as it passes since ``began`` (of ``time.monotonic``), after the seconds that ``counters`` bring along."""

    def __init__(self, counters: Counters, began: float) -> None:
        now = time.monotonic()
        self._zero = began - counters.seconds
        self._checkpoint = self._drawn = self._started = now
        self._recorded = (now, counters.weight)
        self._seen = (now, counters.weight)
        self._rate: float | None = None
        self._done_at_start: float | None = None

    def seconds(self) -> float:
        """Return the age of the run."""
        return time.monotonic() - self._zero

    def since_record(self, counters: Counters) -> float:
        """Return the weight a second since this was last asked."""
        now, (then, weight) = time.monotonic(), self._recorded
        self._recorded = (now, counters.weight)
        return (counters.weight - weight) / max(now - then, 1e-9)

    def since_checkpoint(self) -> float:
        """Return the seconds since ``mark_checkpoint``."""
        return time.monotonic() - self._checkpoint

    def mark_checkpoint(self) -> None:
        """Take note that a checkpoint is written."""
        self._checkpoint = time.monotonic()

    def due(self) -> bool:
        """Return whether it is time to draw, a few times a second."""
        return time.monotonic() - self._drawn >= REDRAW_SECONDS

    def view(
        self, counters: Counters, settings: TrainingSettings, batches: int, loss: float, objective: Objective[Any]
    ) -> View:
        """Return what there is to see of a run; this epoch has so many ``batches``."""
        now = time.monotonic()
        counters.seconds = now - self._zero
        share = done(counters, settings, batches)
        if self._done_at_start is None:
            self._done_at_start, self._started = share, now
        then, weight = self._seen
        latest = (counters.weight - weight) / max(now - then, 1e-9)
        self._rate = latest if self._rate is None else 0.9 * self._rate + 0.1 * latest
        self._seen, self._drawn = (now, counters.weight), now
        gained = share - self._done_at_start
        left = (1 - share) * (now - self._started) / gained if gained > 0 else None
        best = counters.stopping.best
        watched = None
        if not math.isinf(best):
            name = "validation" if objective.watched == "loss" else f"validation {objective.watched}"
            watched = (name, -best if objective.higher_is_better else best)
        return View(counters.step, share, loss, (self._rate, objective.counted), left, watched)
