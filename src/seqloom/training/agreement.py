"""What the processes of a run agree on, so that all of them stop, save and go on at the same step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import nn

from seqloom.training.pace import Pace
from seqloom.training.ranks import Ranks
from seqloom.training.signals import Signals

__all__ = ["Agreement", "Moment"]


class Moment(NamedTuple):
    """The age of the run and of its last checkpoint in seconds, and the number of a signal that came, or 0."""

    seconds: float
    since_checkpoint: float
    signal: int


class Agreement:
    """All go by the clock of the first process, and by a signal that any of them received.

    Of several processes the agreed moment is that of the last exchange; of one it is the present.
    """

    def __init__(self, ranks: Ranks, pace: Pace, signals: Signals) -> None:
        self._ranks, self._pace, self._signals = ranks, pace, signals
        self._agreed: Moment | None = None
        self.exchange()

    def now(self) -> Moment:
        """The agreed moment."""
        return self._here() if self._agreed is None else self._agreed

    def exchange(self) -> None:
        """Agree anew."""
        if self._ranks.size > 1:
            self._agree(self._ranks.gather(self._here()))

    def add_gradients(self, parameters: Sequence[nn.Parameter], mean: float) -> float:
        """Add up the gradients and this part of the mean loss over all processes, and agree anew on the way."""
        if self._ranks.size == 1:
            return mean
        heard = self._ranks.add_gradients(parameters, (mean, *self._here()))
        self._agree([Moment(seconds, since, int(signal)) for _, seconds, since, signal in heard])
        return sum(part for part, *_ in heard)

    def _here(self) -> Moment:
        return Moment(self._pace.seconds(), self._pace.since_checkpoint(), self._signals.received or 0)

    def _agree(self, heard: Sequence[Moment]) -> None:
        self._agreed = heard[0]._replace(signal=max(moment.signal for moment in heard))
