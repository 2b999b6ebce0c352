"""Numbers that grow when steps are not as they were: one for each way in which a stream goes wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from seqloom.tasks.watching.surprise import Surprise

__all__ = ["Statistic", "Usual", "statistics_for"]

Floats = NDArray[np.float64]
_SMALL: Final = 0.05
"""The share of moves that count as too small."""
_MOST: Final = 4.0
"""Deviations of a surprise that a burst takes from one step, so that no step is a burst by itself."""
_LARGEST: Final = 3.0
"""Deviations of a residual that a drift takes from one step."""
_BURST, _DRIFT = 0.5, 0.15
"""Deviations that are let pass at each step."""


class Usual(NamedTuple):
    """What steps usually are: ``mean`` and ``deviation`` of the surprise of a part, whether steps have ``several``
    parts, mean ``centre`` and ``spread`` (D,) of residuals, and moves (D,) that are ``small``."""

    mean: float
    deviation: float
    several: bool
    centre: Floats
    spread: Floats
    small: Floats

    @classmethod
    def learned(cls, steps: Sequence[Surprise]) -> Self:
        """That of some steps, at least one."""
        each = np.array([one.nats / max(one.parts, 1) for one in steps])
        residuals, moves = (np.array([getattr(one, name) for one in steps]) for name in ("residuals", "moves"))
        none = np.isnan(residuals).all(0)
        residuals[:, none], moves[:, none] = 0.0, 0.0
        return cls(
            float(each.mean()),
            float(each.std()) or 1.0,
            any(one.parts != 1 for one in steps),
            np.nanmean(residuals, 0),
            _positive(np.nanstd(residuals, 0)),
            np.nanquantile(np.abs(moves), _SMALL, axis=0),
        )

    def to_json(self) -> dict[str, Any]:
        return {name: one.tolist() if isinstance(one, np.ndarray) else one for name, one in self._asdict().items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        mean, deviation, several, *arrays = (data[name] for name in cls._fields)
        return cls(float(mean), float(deviation), bool(several), *(np.array(one, np.float64) for one in arrays))


class Statistic(ABC):
    """``push(step)`` gives a value for each of C components, high where something is wrong.

    One that gathers over steps stays near 0 while all is well, and ``restart`` puts it back there.
    """

    name: ClassVar[str]

    def __init__(self, usual: Usual) -> None:
        self._usual = usual
        self.restart()

    @abstractmethod
    def push(self, step: Surprise) -> Floats:
        """The values (C,) with one more step."""

    def restart(self) -> None:  # noqa: B027 (nothing to forget is usual)
        """Forget the steps that came."""

    def column(self, component: int) -> int | None:
        """Which number of a step a component is of."""
        return None


class Total(Statistic):
    """The nats of the step itself."""

    name = "surprise"

    def push(self, step: Surprise) -> Floats:
        return np.array([step.nats])


class Mean(Statistic):
    """The nats of each part of the step: of a short line that is strange."""

    name = "mean surprise"

    def push(self, step: Surprise) -> Floats:
        return np.array([step.nats / max(step.parts, 1)])


class Burst(Statistic):
    """B_t = max(0, B_{t-1} + min((nats_t - mean) / deviation, 4) - 1/2): surprise that stays above what is usual.

    A cumulative sum (Page, 1954, "Continuous inspection schemes").
    """

    name = "burst"
    _sum: Floats

    def push(self, step: Surprise) -> Floats:
        usual = self._usual
        above = (step.nats / max(step.parts, 1) - usual.mean) / usual.deviation
        self._sum = np.maximum(self._sum + min(above, _MOST) - _BURST, 0.0)
        return self._sum

    def restart(self) -> None:
        self._sum = np.zeros(1)


class Drift(Statistic):
    """C_t = max(0, C_{t-1} ± z_t - 0.15), z the standardised residual of a column within ±3: values that keep coming
    out above, or below, what is predicted (Page, 1954). A missing value changes nothing."""

    name = "drift"
    _sums: Floats

    def push(self, step: Surprise) -> Floats:
        z = ((step.residuals - self._usual.centre) / self._usual.spread).clip(-_LARGEST, _LARGEST)
        grown = np.maximum(self._sums + np.stack([z, -z]) - _DRIFT, 0.0)
        self._sums = np.where(np.isnan(z), self._sums, grown)
        flat: Floats = self._sums.ravel()
        return flat

    def restart(self) -> None:
        self._sums = np.zeros((2, len(self._usual.centre)))

    def column(self, component: int) -> int | None:
        return component % len(self._usual.centre)


class Stuck(Statistic):
    """How many steps in a row a column has moved as little as 5 % of held-out steps do, or less."""

    name = "stuck"
    _run: Floats

    def push(self, step: Surprise) -> Floats:
        here = np.where(np.abs(step.moves) <= self._usual.small, self._run + 1.0, 0.0)
        self._run = np.where(np.isnan(step.moves), self._run, here)
        return self._run

    def restart(self) -> None:
        self._run = np.zeros(len(self._usual.small))

    def column(self, component: int) -> int | None:
        return component


def statistics_for(usual: Usual) -> list[Statistic]:
    """Those that steps of a kind have a meaning for."""
    kinds: list[type[Statistic]] = [Total, *([Mean] if usual.several else []), Burst]
    if len(usual.centre):
        kinds += [Drift, Stuck]
    return [kind(usual) for kind in kinds]


def _positive(sizes: Floats) -> Floats:
    return np.where(sizes > 0, sizes, 1.0)
