"""The clock of a run: seconds over all its parts, tokens a second, and when to draw."""

from __future__ import annotations

import time

from seqloom.training.limits import done
from seqloom.training.progress import REDRAW_SECONDS, Progress, View
from seqloom.training.settings import TrainingSettings
from seqloom.training.snapshot import Counters

__all__ = ["Pace"]


class Pace:
    """Time as it passes since ``began`` (of ``time.monotonic``), after the seconds that ``counters`` bring along."""

    def __init__(self, counters: Counters, began: float) -> None:
        now = time.monotonic()
        self._zero = began - counters.seconds
        self._checkpoint = self._drawn = self._started = now
        self._recorded = (now, counters.tokens)
        self._seen = (now, counters.tokens)
        self._rate: float | None = None
        self._done_at_start: float | None = None

    def seconds(self) -> float:
        """Return the age of the run."""
        return time.monotonic() - self._zero

    def since_record(self, counters: Counters) -> float:
        """Return the tokens a second since this was last asked."""
        now, (then, tokens) = time.monotonic(), self._recorded
        self._recorded = (now, counters.tokens)
        return (counters.tokens - tokens) / max(now - then, 1e-9)

    def since_checkpoint(self) -> float:
        """Return the seconds since ``mark_checkpoint``."""
        return time.monotonic() - self._checkpoint

    def mark_checkpoint(self) -> None:
        """Take note that a checkpoint is written."""
        self._checkpoint = time.monotonic()

    def tick(
        self, counters: Counters, settings: TrainingSettings, windows: int, loss: float, progress: Progress
    ) -> None:
        """Show the run, a few times a second."""
        now = time.monotonic()
        if now - self._drawn < REDRAW_SECONDS:
            return
        counters.seconds = now - self._zero
        share = done(counters, settings, windows)
        if self._done_at_start is None:
            self._done_at_start, self._started = share, now
        then, tokens = self._seen
        latest = (counters.tokens - tokens) / (now - then)
        self._rate = latest if self._rate is None else 0.9 * self._rate + 0.1 * latest
        self._seen, self._drawn = (now, counters.tokens), now
        gained = share - self._done_at_start
        left = (1 - share) * (now - self._started) / gained if gained > 0 else None
        best = counters.stopping.best
        validation = None if best == float("inf") else best
        progress.update(View(counters.step, share, loss, self._rate, left, validation))
