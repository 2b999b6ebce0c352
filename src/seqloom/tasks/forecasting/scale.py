"""The units in which a series is read: learned from what is past, and frozen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scale"]

Floats = NDArray[np.float64]


class Scale(NamedTuple):
    """Of each column (D,): its ``mean`` and ``deviation``, the deviation of a ``move`` from one step to another about
    half a horizon later, and the mean size of a move in a ``season`` (Hyndman & Koehler, 2006, for the MASE)."""

    mean: Floats
    deviation: Floats
    move: Floats
    season: Floats

    @classmethod
    def learned(cls, parts: Sequence[Floats], horizon: int, season: int) -> Self:
        """That of some series (T, D); what never changes has a deviation of 1.

        >>> [part.tolist() for part in Scale.learned([np.array([[0.0], [2.0], [0.0], [2.0]])], horizon=1, season=1)]
        [[1.0], [1.0], [2.0], [2.0]]
        """
        lag = horizon // 2 + 1
        moves = [part[lag:] - part[:-lag] for part in parts if len(part) > lag]
        everything = np.concatenate(parts)
        mean = _mean(everything)
        deviation = _deviation(everything - mean)
        move = _deviation(np.concatenate(moves)) if moves else deviation
        seasonal = [np.abs(part[season:] - part[:-season]) for part in parts if len(part) > season]
        rise = _mean(np.concatenate(seasonal)) if seasonal else move
        return cls(mean, deviation, move, np.where(rise > 1e-6 * move, rise, move))

    def moves(self, present: Floats, future: Floats) -> NDArray[np.float32]:
        """How far values (N, H, D) are from present ones (N, D), in units of a move."""
        found: NDArray[np.float32] = ((future - present[:, None]) / self.move).astype(np.float32)
        return found

    def values(self, present: Floats, moves: Floats) -> Floats:
        """The inverse: moves (N, …, D) from present values (N, D) as values."""
        between = (1,) * (moves.ndim - present.ndim)
        return present.reshape(len(present), *between, -1) + moves * self.move

    def to_json(self) -> dict[str, Any]:
        return {name: part.tolist() for name, part in self._asdict().items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        return cls(*(np.array(data[name], np.float64) for name in cls._fields))


def _mean(values: Floats) -> Floats:
    """Of what is known of each column (D,)."""
    known = ~np.isnan(values)
    found: Floats = np.where(known, values, 0.0).sum(0) / known.sum(0).clip(1)
    return found


def _deviation(values: Floats) -> Floats:
    """The root mean square (D,) around 0, 1 where that is nothing."""
    return _positive(np.sqrt(_mean(values**2)))


def _positive(sizes: Floats) -> Floats:
    return np.where(sizes > 0, sizes, 1.0)
