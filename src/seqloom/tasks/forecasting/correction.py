"""Quantiles that hold what they promise: moved by what the held-out part showed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.models.distributions import Distribution

__all__ = ["Correction"]

Floats = NDArray[np.float64]
_GRID = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)


class Correction(NamedTuple):
    """q'_l(h) = q_l(h) + c_l(h) · (q_0.9(h) - q_0.1(h)), c so that a share l of held-out values lay below q'_l.

    Conformal quantile regression (Romano, Patterson & Candès, 2019), for each of ``levels`` (L,) and steps ahead:
    ``shifts`` (L, H). Between the levels c lies on lines.
    """

    levels: Floats
    shifts: Floats

    @classmethod
    def none(cls) -> Self:
        """No correction."""
        return cls(np.array([0.5]), np.zeros((1, 1)))

    @classmethod
    def learned(cls, distribution: Distribution, said: Sequence[Tensor], moves: Sequence[NDArray[Any]]) -> Self:
        """From parameters (N, H, D, P) and what came (N, H, D), NaN where nothing is known.

        The median stays where it is: a shift of it would follow the accidents of a few months.
        """
        quantiles = [cls.none().quantiles(distribution, one, (*_GRID, 0.1, 0.9)) for one in said]
        shifts = np.zeros((len(_GRID), moves[0].shape[1]))
        for place, level in enumerate(_GRID):
            gaps = np.concatenate(
                [(came - q[place]) / (q[-1] - q[-2]) for q, came in zip(quantiles, moves, strict=True)]
            )
            for ahead in range(gaps.shape[1]):
                known = np.sort(gaps[:, ahead][~np.isnan(gaps[:, ahead])])
                if len(known) and level != 0.5:
                    rank = level * (len(known) + 1) - 1
                    shifts[place, ahead] = np.interp(rank, np.arange(len(known)), known)
        return cls(np.array(_GRID), shifts)

    def quantiles(self, distribution: Distribution, said: Tensor, levels: Sequence[float]) -> list[Floats]:
        """Parameters (N, H, D, P) → for each level (N, H, D), rising with it on both sides of the median."""

        def plain(level: float) -> Floats:
            found: Floats = distribution.quantile(said, torch.tensor(level, dtype=torch.float64)).numpy()
            return found

        spread, middle = plain(0.9) - plain(0.1), plain(0.5)
        found: dict[float, Floats] = {}
        for upper in (True, False):
            bound, before = (np.maximum, middle) if upper else (np.minimum, middle)
            for level in sorted((one for one in levels if (one >= 0.5) == upper), reverse=not upper):
                shift = np.array([np.interp(level, self.levels, column) for column in self.shifts.T])
                before = found[level] = bound(plain(level) + shift[:, None] * spread, before)
        return [found[level] for level in levels]

    def to_json(self) -> dict[str, Any]:
        return {"levels": self.levels.tolist(), "shifts": self.shifts.round(6).tolist()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        return cls(np.array(data["levels"]), np.array(data["shifts"]))
