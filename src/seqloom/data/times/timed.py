"""Series whose steps have moments, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.times.spacing import Spacing, Stamps

__all__ = ["TimedSeries", "TimedTable"]


@final
@dataclass(frozen=True)
class TimedSeries:
    """``values`` (T, D), NaN where one is missing, at the moments ``stamps`` (T,)."""

    name: str
    values: NDArray[np.float64] = field(repr=False)
    stamps: Stamps = field(repr=False)

    def __len__(self) -> int:
        return len(self.values)


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
