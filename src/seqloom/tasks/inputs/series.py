"""Series of numbers, each channel scaled as all were in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.errors import DataError
from seqloom.layers import Noise
from seqloom.tasks.inputs.inputs import Feed, Inputs, Reading
from seqloom.tasks.sequences.lines import numbers_of

__all__ = ["SeriesInputs"]


@final
@dataclass(frozen=True)
class SeriesInputs(Inputs):
    """Series (T, D), or (T,) of one channel, each channel less its mean and over its deviation."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def learned(cls, series: Sequence[Any]) -> Self:
        """The mean and deviation of each channel over all steps of some series."""
        steps = torch.cat([_series(place, one) for place, one in enumerate(_alike(series))]).double()
        deviation = steps.std(0, correction=0)
        return cls(tuple(steps.mean(0).tolist()), tuple(torch.where(deviation > 0, deviation, 1.0).tolist()))

    def encode(self, X: Sequence[Any]) -> list[Tensor]:
        mean, deviation = torch.tensor(self.mean), torch.tensor(self.deviation)
        found = []
        for place, one in enumerate(X):
            series = _series(place, one)
            if series.shape[1] != len(mean):
                raise DataError(
                    f"X: row {place:,}: expected series of {len(mean)} channels, as in training, got {series.shape[1]}."
                )
            found.append((series - mean) / deviation)
        return found

    def feed(self) -> Feed:
        return _Steps(self)

    def to_json(self) -> dict[str, Any]:
        return {"mean": list(self.mean), "deviation": list(self.deviation)}

    def reading(self, settings: Any) -> Reading:
        return Reading(Noise(settings.noise or 0.0), None, len(self.mean))


class _Steps(Feed):
    """A piece is the numbers of one step."""

    def __init__(self, inputs: SeriesInputs) -> None:
        self._inputs = inputs

    def push(self, piece: Any) -> Tensor:
        return self._inputs.encode([torch.as_tensor(piece, dtype=torch.float32).reshape(1, -1)])[0]

    def line(self, text: str) -> Tensor:
        return self.push(numbers_of(text))


def _alike(series: Sequence[Any]) -> Sequence[Any]:
    """The series, once all have as many channels as the first."""
    first = _series(0, series[0]).shape[1]
    for place, one in enumerate(series):
        if (channels := _series(place, one).shape[1]) != first:
            raise DataError(f"X: row {place:,} has {channels} channels, row 0 has {first}.")
    return series


def _numbers(values: Any) -> NDArray[np.float32]:
    """A copy, for what is read-only cannot be a tensor; TypeError or ValueError for text, even for that of numbers."""
    found = np.asarray(values)
    if found.dtype.kind in "UST":
        raise TypeError
    return np.array(found, dtype=np.float32)


def _series(place: int, one: Any) -> Tensor:
    try:
        series = one.detach().cpu().float() if isinstance(one, Tensor) else torch.from_numpy(_numbers(one))
    except (TypeError, ValueError):
        raise DataError(f"X: row {place:,}: expected a series (T,) or (T, D), got {type(one).__name__}.") from None
    if series.ndim == 1:
        series = series[:, None]
    if series.ndim != 2:
        raise DataError(f"X: row {place:,}: expected a series (T,) or (T, D), got the shape {tuple(series.shape)}.")
    return series
