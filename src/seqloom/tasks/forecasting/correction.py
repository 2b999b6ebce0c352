"""Quantiles that hold what they promise: moved by what the held-out part showed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.models.distributions import Distribution

__all__ = ["LEVELS", "MEDIAN", "Correction", "at_levels", "quantiles_of"]

Floats = NDArray[np.float64]
LEVELS: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)
"""L of them, from which all others are told."""
MEDIAN: Final = LEVELS.index(0.5)
_LOW, _HIGH = LEVELS.index(0.1), LEVELS.index(0.9)
_ENOUGH = 200
_MOST_SHIFTS = 100_000


def quantiles_of(distribution: Distribution, said: Tensor) -> Floats:
    """Parameters (…, P) → the quantiles (L, …) of LEVELS."""
    levels = torch.tensor(LEVELS, dtype=torch.float64).view(-1, *[1] * (said.ndim - 1))
    found: Floats = distribution.quantile(said[None], levels).numpy()
    return found


def at_levels(quantiles: Floats, levels: Sequence[float]) -> Floats:
    """Quantiles (L, …) of LEVELS → those (Q, …) of other levels, on lines in the quantiles of a normal distribution.

    >>> at_levels(np.arange(15.0), [0.1, 0.5, 0.975]).tolist()
    [3.0, 7.0, 13.0]
    """
    known, asked = (torch.special.ndtri(torch.tensor(one, dtype=torch.float64)).numpy() for one in (LEVELS, levels))
    left = (np.searchsorted(known, asked, side="right") - 1).clip(0, len(known) - 2)
    share = ((asked - known[left]) / (known[left + 1] - known[left])).reshape(-1, *[1] * (quantiles.ndim - 1))
    found: Floats = (1 - share) * quantiles[left] + share * quantiles[left + 1]
    return found


class Correction(NamedTuple):
    """q'_l(h) = q_l(h) + c_l(h) · (q_0.9(h) - q_0.1(h)), c so that a share l of held-out values lay below q'_l.

    Conformal quantile regression (Romano, Patterson & Candès, 2019): ``shifts`` c (L, H, D), for each of LEVELS, steps
    ahead and columns, or (L, H, 1) for all columns. ``origins`` is how many of a series they are learned from, 0 if
    from none.
    """

    shifts: Floats
    origins: int

    @classmethod
    def none(cls, horizon: int) -> Self:
        """No correction."""
        return cls(np.zeros((len(LEVELS), horizon, 1)), 0)

    @classmethod
    def learned(cls, quantiles: Sequence[Floats], moves: Sequence[Floats], series: int = 1) -> Self:
        """From the quantiles (L, N, H, D) of some windows of so many series and what came (N, H, D), NaN where nothing
        is known.

        Where few values are known of a step ahead, those of its neighbours count too. They are of the same moments, so
        the level is that of as many values as are known of the step itself: the k-th of n is where k / (n + 1) lie
        below. The median stays where it is: a shift of it would follow the accidents of a few months. More than a
        hundred thousand shifts are too many to keep: then all columns have the same.
        """
        _, horizon, columns = moves[0].shape
        shared = len(LEVELS) * horizon * columns > _MOST_SHIFTS
        shifts = np.zeros((len(LEVELS), horizon, 1 if shared else columns))
        for place, level in enumerate(LEVELS):
            gaps = np.concatenate(
                [(came - q[place]) / (q[_HIGH] - q[_LOW]) for q, came in zip(quantiles, moves, strict=True)]
            )
            parts = [gaps] if shared else [gaps[..., [column]] for column in range(columns)]
            for column, part in enumerate(parts if place != MEDIAN else ()):
                shifts[place, :, column] = [_shift(level, part, ahead) for ahead in range(horizon)]
        return cls(shifts, sum(map(len, moves)) // series)

    def corrected(self, quantiles: Floats) -> Floats:
        """Quantiles (L, …, H, D) → the same, moved; they rise with the level on both sides of the median."""
        spread = quantiles[_HIGH] - quantiles[_LOW]
        shifts = self.shifts.reshape(len(LEVELS), *[1] * (quantiles.ndim - 3), *self.shifts.shape[1:])
        found: Floats = quantiles + shifts * spread
        found[MEDIAN:] = np.maximum.accumulate(found[MEDIAN:])
        found[MEDIAN::-1] = np.minimum.accumulate(found[MEDIAN::-1])
        return found

    def to_json(self) -> dict[str, Any]:
        return {"levels": LEVELS, "shifts": self.shifts.round(6).tolist(), "origins": self.origins}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        shifts = np.array(data["shifts"])
        return cls(
            shifts if shifts.ndim == 3 else shifts[..., None], data.get("origins", 0)
        )  # of before: of all columns


def _shift(level: float, gaps: Floats, ahead: int) -> float:
    """The quantile of a level of the gaps (N, H, D) at a step ahead, 0 where nothing is known."""
    known = _around(gaps, ahead)
    if not len(known):
        return 0.0
    moments = max(1, int((~np.isnan(gaps[:, ahead])).sum()))
    rank = (level * (moments + 1) - 0.5) / moments * len(known) - 0.5
    return float(np.interp(rank, np.arange(len(known)), known))


def _around(gaps: NDArray[Any], ahead: int) -> NDArray[Any]:
    """What is known of gaps (N, H, D) at a step ahead, and at as many steps beside it as make it enough; sorted."""
    horizon = gaps.shape[1]
    for beside in range(horizon):
        part = gaps[:, max(0, ahead - beside) : ahead + beside + 1]
        known: NDArray[Any] = np.sort(part[~np.isnan(part)])
        if len(known) >= _ENOUGH:
            break
    return known
