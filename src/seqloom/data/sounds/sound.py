"""What every sound is, wherever its numbers come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import DataError

__all__ = ["RATES", "Array", "Sound", "check_rate"]

RATES: Final = range(4_000, 192_001)
"""Samples a second that a sound may have."""


@dataclass(frozen=True)
class Sound(ABC):
    """One channel of ``samples`` numbers, ``rate`` of them a second; ``name`` is what messages call it.

    ``channels`` says of how many the file has: the channel is their mean.
    """

    name: str
    rate: int
    samples: int
    channels: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.samples / self.rate

    def __len__(self) -> int:
        return self.samples

    def read(self, begin: int = 0, end: int | None = None) -> NDArray[np.float32]:
        """The samples from ``begin`` up to ``end``, float32 between −1 and 1, as far as there are any.

        Nothing else is in memory. Raises DataError for what cannot be read, or is no number.
        """
        end = self.samples if end is None else min(end, self.samples)
        begin = max(begin, 0)
        if begin >= end:
            return np.zeros(0, np.float32)
        found = self._read(begin, end)
        wrong = ~np.isfinite(found)
        if wrong.any():
            raise DataError(f"{self.name}: sample {begin + int(wrong.argmax()):,} is no finite number.")
        return found

    @abstractmethod
    def _read(self, begin: int, end: int) -> NDArray[np.float32]:
        """The samples of a part that is there and is not empty."""


@final
@dataclass(frozen=True)
class Array(Sound):
    """A sound that is in memory.

    >>> Array.of(np.zeros(8000), 8000).seconds
    1.0
    """

    values: NDArray[np.float32] = field(repr=False)

    @classmethod
    def of(cls, values: NDArray[np.floating], rate: int, name: str = "sound") -> Array:
        """Of values (samples,), or (samples, channels), whose mean is taken."""
        values = np.asarray(values, np.float32)
        channels = 1 if values.ndim == 1 else values.shape[1]
        return cls(name, rate, len(values), channels, values if values.ndim == 1 else values.mean(1))

    def _read(self, begin: int, end: int) -> NDArray[np.float32]:
        return self.values[begin:end]


def check_rate(name: str, rate: int) -> None:
    """Raise DataError for a rate that no sound has."""
    if rate not in RATES:
        raise DataError(f"{name}: expected {RATES[0]:,} to {RATES[-1]:,} samples a second, got {rate:,}.")
