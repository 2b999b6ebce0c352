"""Another rate for a sound, part by part: any part is what it is in the whole."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.sounds.sound import Sound, check_rate

__all__ = ["at_rate"]

_WINDOW: Final = ("kaiser", 5.0)
_REACH: Final = 10
"""Half the filter's length, in periods of the lower rate."""


def at_rate(sound: Sound, rate: int) -> Sound:
    """The sound itself, or one of ``rate`` samples a second, made of it when it is read.

    By a filter that lets pass what is below half of the lower rate (Kaiser's window, β 5), as
    ``scipy.signal.resample_poly`` does.

    >>> from seqloom.data.sounds.sound import Array
    >>> len(at_rate(Array.of(np.zeros(44_100), 44_100), 16_000))
    16000
    """
    check_rate(sound.name, rate)
    if rate == sound.rate:
        return sound
    common = math.gcd(rate, sound.rate)
    up, down = rate // common, sound.rate // common
    return _Resampled(sound.name, rate, -(-sound.samples * up // down), sound.channels, sound, up, down)


@final
@dataclass(frozen=True)
class _Resampled(Sound):
    source: Sound
    up: int
    down: int

    def _read(self, begin: int, end: int) -> NDArray[np.float32]:
        from scipy.signal import resample_poly

        up, down = self.up, self.down
        around = -(-_REACH * max(up, down) // (up * down)) + 1
        first, last = max(0, begin // up - around), -(-end // up) + around
        part = self.source.read(first * down, last * down)
        found: NDArray[np.float32] = resample_poly(part, up, down, window=_filter(up, down))
        return found[begin - first * up : end - first * up]


@functools.lru_cache(maxsize=8)
def _filter(up: int, down: int) -> NDArray[np.float32]:
    """The filter's weights at up · rate, where scipy scales it by ``up``."""
    from scipy.signal import firwin

    most = max(up, down)
    weights: NDArray[np.float32] = firwin(2 * _REACH * most + 1, 1.0 / most, window=_WINDOW).astype(np.float32)
    return weights
