"""The caption of the nearest picture among those that were learned from: what a model has to beat."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, final

import numpy as np
from numpy.typing import NDArray

__all__ = ["NearestPicture", "looks"]

_SIDE: Final = 8
_FEATURES: Final = 128
_MOST: Final = 5000
"""Pictures that are kept: of more, some are drawn."""
_STEPS: Final = 32
"""Of a deviation, in which looks are kept."""
_PIECE: Final = 512


@final
@dataclass(frozen=True)
class NearestPicture:
    """Each picture has the first caption of the one that looks most alike, by the distance between their ``looks``.

    ``looks`` (N, F) are kept in 32nds of a deviation, of up to 5,000 pictures.

    >>> pictures = [np.full((4, 4, 1), value, np.uint8) for value in (0, 100, 200)]
    >>> nearest = NearestPicture.learned(pictures, [["dark"], ["grey"], ["light"]])
    >>> nearest([np.full((4, 4, 1), 190, np.uint8)])
    ['light']
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    kept: NDArray[np.int8]
    captions: Sequence[str]

    @classmethod
    def learned(cls, X: Sequence[Any], captions: Sequence[Sequence[str]]) -> Self:
        """From pictures and their captions."""
        order = sorted(np.random.default_rng(0).permutation(len(X))[:_MOST].tolist())
        found = looks([X[place] for place in order])
        mean, deviation = found.mean(0), found.std(0)
        deviation[deviation <= 1e-6 * (1 + np.abs(mean))] = np.inf
        kept = np.clip(np.rint(_STEPS * (found - mean) / deviation), -127, 127).astype(np.int8)
        deviation[np.isinf(deviation)] = 3e38
        return cls(mean, deviation, kept, [captions[place][0] for place in order])

    def __call__(self, X: Sequence[Any]) -> list[str]:
        """A caption for each picture."""
        known, found = self.kept.astype(np.float32) / _STEPS, list[str]()
        sizes = (known**2).sum(1)
        for begin in range(0, len(X), _PIECE):
            seen = (
                looks([X[place] for place in range(begin, min(begin + _PIECE, len(X)))]) - self.mean
            ) / self.deviation
            found += [self.captions[place] for place in (sizes - 2 * seen @ known.T).argmin(1).tolist()]
        return found

    def to_json(self) -> dict[str, Any]:
        """All that :meth:`from_json` needs."""
        return {
            "mean": self.mean.tolist(),
            "deviation": self.deviation.tolist(),
            "kept": base64.b64encode(self.kept.tobytes()).decode(),
            "captions": list(self.captions),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_json`."""
        mean, deviation = (np.array(data[name], np.float32) for name in ("mean", "deviation"))
        kept = np.frombuffer(base64.b64decode(data["kept"]), np.int8).reshape(-1, len(mean))
        return cls(mean, deviation, kept, [str(one) for one in data["captions"]])


def looks(X: Sequence[Any]) -> NDArray[np.float32]:
    """What each looks like (N, F): a picture shrunk to 8 · 8 pixels, a video's first, middle and last frame, or the
    mean of features, through a random projection where they are many."""
    return np.stack([_look(np.asarray(one)) for one in X]).astype(np.float32)


def _look(one: NDArray[Any]) -> NDArray[np.float64]:
    if one.ndim == 2:
        mean: NDArray[np.float64] = one.mean(0, dtype=np.float64)
        if len(mean) <= _FEATURES:
            return mean
        projected: NDArray[np.float64] = mean @ np.random.default_rng(0).normal(size=(len(mean), _FEATURES))
        return projected
    frames = one[None] if one.ndim == 3 else one[[0, len(one) // 2, len(one) - 1]]
    return np.concatenate([_shrunk(frame.astype(np.float64)).ravel() for frame in frames])


def _shrunk(frame: NDArray[np.float64]) -> NDArray[np.float64]:
    for axis in (0, 1):
        side = frame.shape[axis]
        begins = np.arange(min(side, _SIDE)) * side // min(side, _SIDE)
        counts = np.diff([*begins, side]).reshape(-1, *[1] * (2 - axis))
        frame = np.add.reduceat(frame, begins, axis) / counts
    return frame
