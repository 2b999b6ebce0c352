"""A stream under watch: the surprise of each step as it comes, and what rings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from seqloom.tasks.watching.calibration import RATE, Calibration
from seqloom.tasks.watching.statistics import statistics_for
from seqloom.tasks.watching.surprise import Surprise, SurpriseStream

__all__ = ["Alarm", "Step", "Watcher"]


class Alarm(NamedTuple):
    """Which ``statistic`` rang, how high it was above its ``level``, and of which ``column``, if it is of one."""

    statistic: str
    value: float
    level: float
    column: str | None

    def __str__(self) -> str:
        return self.statistic if self.column is None else f"{self.statistic} of {self.column}"


class Step(NamedTuple):
    """What is known of one step: its surprise, None where nothing could be scored, the ``statistics`` by name, none
    where it is not judged, and the ``alarms`` that it rings."""

    label: str
    found: Surprise | None
    statistics: Mapping[str, float]
    alarms: tuple[Alarm, ...]

    @property
    def surprise(self) -> float | None:
        """−ln p of the step, in nats."""
        return None if self.found is None else self.found.nats

    @property
    def judged(self) -> bool:
        """Whether it could ring."""
        return bool(self.statistics)

    @property
    def alarm(self) -> bool:
        """Whether anything rings."""
        return bool(self.alarms)


class Watcher:
    """``step = watcher.push(observation)``: how surprising it is, and whether that is an alarm.

    ``rate`` false alarms are to be expected per step, shared equally by the statistics; without one it is a thousandth,
    or the lowest for which there are enough held-out steps. A statistic that gathers over steps restarts when it
    rings. UsageError for a rate for which there are too few.
    """

    def __init__(self, stream: SurpriseStream, calibration: Calibration, rate: float | None = None) -> None:
        self.rate = max(RATE, calibration.least) if rate is None else rate
        self.levels, self.steps = calibration.levels(self.rate), calibration.steps
        """By statistic; and the held-out steps that they are from."""
        self.columns = tuple(stream.columns)
        """The names (D,) of the numbers of a step."""
        self._stream, self._statistics = stream, statistics_for(calibration.usual)

    def push(self, observation: Any, **beside: Any) -> Step:
        """Read one step, and what is ``beside`` it where the stream takes that: a forecaster's a ``moment``, and the
        numbers ``beside`` the values."""
        return self._judged("", self._stream.push(observation, **beside))

    def line(self, text: str) -> list[Step]:
        """Read a line of a file: its steps. DataError for what cannot be read."""
        return [self._judged(*one) for one in self._stream.line(text)]

    def reset(self) -> None:
        """Begin another sequence."""
        self._stream.reset()
        for one in self._statistics:
            one.restart()

    def over(self, observations: Iterable[Any]) -> list[Step]:
        """Each of some steps."""
        return [self.push(one) for one in observations]

    def __str__(self) -> str:
        levels = ", ".join(f"{name} {level:.4g}" for name, level in self.levels.items())
        return (
            f"At most {self.rate:.3g} false alarms are expected per step, shared by {len(self.levels)} statistics with "
            f"levels from {self.steps:,} held-out steps: {levels}."
        )

    def _judged(self, label: str, found: Surprise | None) -> Step:
        if found is None or not found.settled:
            return Step(label, found, {}, ())
        values, alarms = {}, []
        for one in self._statistics:
            components = one.push(found)
            highest = int(components.argmax())
            value, level = float(components[highest]), self.levels[one.name]
            values[one.name] = value
            if value > level:
                column = one.column(highest)
                alarms.append(Alarm(one.name, value, level, None if column is None else self._stream.columns[column]))
                one.restart()
        return Step(label, found, values, tuple(alarms))
