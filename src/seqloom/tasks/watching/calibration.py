"""Levels above which an alarm is rung, from what steps that were held out came to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import DataError, ModelFileError, UsageError
from seqloom.tasks.watching.statistics import Statistic, Usual, statistics_for
from seqloom.tasks.watching.surprise import Surprise

__all__ = ["RATE", "Calibration"]

Floats = NDArray[np.float64]
RATE: Final = 0.001
"""False alarms per step, where nothing else is asked for."""
_EXACT: Final = 256
"""So many of the largest values are kept all; of those below, one of each twentieth of its rank."""


class Calibration(NamedTuple):
    """What ``steps`` held-out steps usually are, and for each statistic its largest values, by their rank from the top.

    A rate α is shared equally by the J statistics. The level of each is the ⌈(n + 1)(1 - α/J)⌉-th smallest of its n
    held-out values (split conformal prediction: Vovk, Gammerman & Shafer, 2005): if steps are exchangeable, a new
    one is above it with a probability of at most α/J, and above any of the levels with at most α. What gathers over
    steps is not exchangeable: of it that holds in the long run, where steps come and go as they did when held out. An
    alarm restarts it, which can only make alarms fewer.
    """

    steps: int
    usual: Usual
    ranks: Mapping[str, list[int]]
    values: Mapping[str, list[float]]

    @classmethod
    def learned(cls, runs: Iterable[Sequence[Surprise | None]]) -> Self:
        """From the steps of some sequences; those that could not be judged do not count. DataError without any."""
        judged = [[step for step in run if step is not None and step.settled] for run in runs]
        steps = [step for run in judged for step in run]
        if not steps:
            raise DataError("There is no step that alarms could be calibrated by. Give longer sequences.")
        usual = Usual.learned(steps)
        ranks, values = {}, {}
        for statistic in statistics_for(usual):
            found = np.sort(np.concatenate([_highest(statistic, run) for run in judged if run]))[::-1]
            kept = _ranks(len(found))
            ranks[statistic.name] = kept
            values[statistic.name] = [float(f"{found[rank - 1]:.8g}") for rank in kept]
        return cls(len(steps), usual, ranks, values)

    @property
    def least(self) -> float:
        """The lowest rate for which there are enough steps."""
        return len(self.values) / (self.steps + 1)

    def levels(self, rate: float) -> dict[str, float]:
        """The level of each statistic by its name. UsageError for a rate for which there are too few steps."""
        if not 0 < rate < 1:
            raise UsageError(f"rate: expected a share of steps between 0 and 1, got {rate!r}.")
        rank = math.floor(rate / len(self.values) * (self.steps + 1) + 1e-9)
        if not rank:
            needed = math.ceil(len(self.values) / rate) - 1
            raise UsageError(
                f"rate: {rate:g} needs {needed:,} held-out steps, for {len(self.values)} statistics share it; there "
                f"are {self.steps:,}. Ask for {math.ceil(1e6 * self.least) / 1e6:g} or more, or calibrate with a "
                "longer file (--calibrate)."
            )
        return {name: self._at(name, rank) for name in self.values}

    def _at(self, name: str, rank: int) -> float:
        """The value of that rank from the top, or of the nearest above it that was kept."""
        ranks = self.ranks[name]
        return self.values[name][int(np.searchsorted(ranks, rank, "right")) - 1]

    def to_json(self) -> dict[str, Any]:
        return {
            "steps": self.steps,
            "usual": self.usual.to_json(),
            "ranks": {name: list(ranks) for name, ranks in self.ranks.items()},
            "values": {name: list(values) for name, values in self.values.items()},
        }

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The inverse of ``to_json``; ModelFileError for what is none, UsageError for None: a model kept nothing."""
        if data is None:
            raise UsageError(
                "This model kept nothing to calibrate alarms by: it held nothing out, too little, or is of an older "
                "seqloom. Give it a file of the usual kind: --calibrate FILE (in Python calibrate=…)."
            )
        try:
            found = cls(int(data["steps"]), Usual.from_json(data["usual"]), dict(data["ranks"]), dict(data["values"]))
            names = [one.name for one in statistics_for(found.usual)]
            if names != [*found.values] or any(len(found.ranks[one]) != len(found.values[one]) for one in names):
                raise ValueError("its statistics are not those of its steps")
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"config.json is damaged: its calibration cannot be read ({error}).") from None
        return found


def _highest(statistic: Statistic, run: Sequence[Surprise]) -> Floats:
    """The largest component at each step, without restarts."""
    statistic.restart()
    return np.array([float(statistic.push(step).max()) for step in run])


def _ranks(count: int) -> list[int]:
    """The ranks, from 1, of the values that are kept of so many."""
    found = list(range(1, min(count, _EXACT) + 1))
    while found and found[-1] < count:
        found.append(min(count, max(found[-1] + 1, math.floor(found[-1] * 1.05))))
    return found
