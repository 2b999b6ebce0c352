"""The units in which a series is read: learned from what is past, and frozen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scale"]

Floats = NDArray[np.float64]
_FLOOR: Final = 0.1
"""Of the least value that was learned from: what is below is read as that."""


class Scale(NamedTuple):
    """Of each column (D,): its ``mean`` and ``deviation``, the deviation of a ``move`` from one step to another about
    half a horizon later, and the mean size of a move in a ``season`` (Hyndman & Koehler, 2006, for the MASE).

    A value x is read as ln max(x, floor) where there is a ``floor``, as it is where that is 0. All but ``season`` are
    in these units. The ``effects`` (D, K) of K columns that are known ahead, in moves, are taken off a value.
    """

    mean: Floats
    deviation: Floats
    move: Floats
    season: Floats
    floor: Floats
    effects: Floats

    @classmethod
    def learned(
        cls, parts: Sequence[Floats], horizon: int, season: int, logarithms: NDArray[np.bool_] | None = None
    ) -> Self:
        """That of some series (T, D), of which the columns ``logarithms`` are above 0; what never changes has a
        deviation of 1.

        >>> scale = Scale.learned([np.array([[0.0], [2.0], [0.0], [2.0]])], horizon=1, season=1)
        >>> [part.tolist() for part in scale[:4]]
        [[1.0], [1.0], [2.0], [2.0]]
        """
        everything = np.concatenate(parts)
        lowest = np.nanmin(np.where(np.isnan(everything), np.inf, everything), 0)
        floor = np.zeros(everything.shape[1]) if logarithms is None else np.where(logarithms, _FLOOR * lowest, 0.0)
        levels = _read(everything, floor)
        mean = _mean(levels)
        deviation = _deviation(levels - mean)
        move = _move([_read(part, floor) for part in parts], horizon, deviation)
        seasonal = [np.abs(part[season:] - part[:-season]) for part in parts if len(part) > season]
        usual = _move(parts, horizon, _deviation(everything - _mean(everything)))
        rise = _mean(np.concatenate(seasonal)) if seasonal else usual
        return cls(mean, deviation, move, np.where(rise > 1e-6 * usual, rise, usual), floor, np.zeros((len(mean), 0)))

    @classmethod
    def none(cls) -> Self:
        """That of no columns."""
        nothing = np.zeros(0)
        return cls(nothing, nothing, nothing, nothing, nothing, np.zeros((0, 0)))

    def places(self, values: Floats, known: Floats) -> Floats:
        """Values (…, D), and what is known ahead then (…, K), as places (…, D) in units of a move."""
        return _read(values, self.floor) / self.move - known @ self.effects.T

    def values(self, places: Floats, known: Floats) -> Floats:
        """The inverse."""
        found = (places + known @ self.effects.T) * self.move
        with np.errstate(over="ignore"):
            return np.where(self.floor > 0, np.exp(found), found)

    def centred(self, left: Floats) -> Self:
        """The same with the mean and deviation of what the effects leave (T, D)."""
        mean = _mean(left)
        return self._replace(mean=mean, deviation=_deviation(left - mean))

    def levels(self, places: Floats) -> Floats:
        """Places (…, D) as deviations from the mean."""
        return (places * self.move - self.mean) / self.deviation

    def to_json(self) -> dict[str, Any]:
        return {name: part.tolist() for name, part in self._asdict().items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        columns = len(data["mean"])
        mean, deviation, move, season = (np.array(data[name], np.float64) for name in cls._fields[:4])
        floor = np.array(data.get("floor", [0.0] * columns))  # models of before have none, and no effects
        effects = np.array(data.get("effects", []), np.float64)
        return cls(mean, deviation, move, season, floor, effects if effects.size else np.zeros((columns, 0)))


def _lag(horizon: int) -> int:
    return horizon // 2 + 1


def _move(parts: Sequence[Floats], horizon: int, otherwise: Floats) -> Floats:
    """The deviation (D,) of what a value moves in half a horizon."""
    lag = _lag(horizon)
    moves = [part[lag:] - part[:-lag] for part in parts if len(part) > lag]
    return _deviation(np.concatenate(moves)) if moves else otherwise


def _read(values: Floats, floor: Floats) -> Floats:
    return np.where(floor > 0, np.log(np.maximum(values, np.where(floor > 0, floor, 1.0))), values)


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
