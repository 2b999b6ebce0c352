"""Series whose steps have moments, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.times.spacing import Spacing, Stamps

__all__ = ["NO_COVARIATES", "Covariates", "TimedSeries", "TimedTable"]

Floats = NDArray[np.float64]


class Covariates(NamedTuple):
    """Columns that are read and not forecast: those ``known`` ahead, others that are read ``also`` up to the present,
    and ``static`` ones, which say what a series is."""

    known: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    static: tuple[str, ...] = ()


NO_COVARIATES = Covariates()


@final
@dataclass(frozen=True)
class TimedSeries:
    """``values`` (T, D), NaN where one is missing, at the moments ``stamps`` (T,).

    Of what is not forecast there is ``known`` (T + F, K), F steps ahead of the others, ``also`` (T, A), and ``static``
    (S,), as text. ``numbers`` (T,) tell where in a season a step is, and ``lines`` (T + F,) are those of the file, 0
    where a step has no row.
    """

    name: str
    values: Floats = field(repr=False)
    stamps: Stamps = field(repr=False)
    known: Floats = field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    also: Floats = field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    static: tuple[str, ...] = ()
    numbers: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    lines: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)

    def __post_init__(self) -> None:
        for name in ("known", "also"):
            if not getattr(self, name).size:
                object.__setattr__(self, name, np.zeros((len(self.values), 0)))
        if not len(self.numbers):
            object.__setattr__(self, "numbers", np.arange(len(self.values)))

    def __len__(self) -> int:
        return len(self.values)

    def until(self, end: int) -> TimedSeries:
        """What was there after so many steps; what is known ahead is all there."""
        values, stamps, also = self.values[:end], self.stamps[:end], self.also[:end]
        return replace(self, values=values, stamps=stamps, also=also, numbers=self.numbers[:end])


@final
@dataclass(frozen=True)
class TimedTable:
    """Series of the same ``columns`` and ``spacing``; ``remarks`` say what was repaired."""

    source: str
    series: list[TimedSeries] = field(repr=False)
    columns: tuple[str, ...]
    spacing: Spacing
    time: str
    group: str | None = None
    remarks: tuple[str, ...] = ()
    covariates: Covariates = NO_COVARIATES
