"""What every distribution promises to whoever trains, draws or forecasts."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from seqloom.errors import UsageError

__all__ = ["SMALLEST_SCALE", "Distribution", "checked_levels"]

SMALLEST_SCALE = 1e-4
"""What is added to every scale: no density grows without bound."""


class Distribution(ABC):
    """One value, any number, given ``parameters`` numbers (…, P) of a head; leading axes are free.

    A draw is the quantile of a number from U(0, 1), so one uniform stream a row is all that drawing needs, and the same
    stream gives the same values whatever is beside it.
    """

    parameters: int
    """P."""
    unit = "nats"
    """Of the loss."""
    location: int | None = None
    """Which parameter moves all quantiles by as much as itself, if there is one."""

    @abstractmethod
    def loss(self, parameters: Tensor, values: Tensor) -> Tensor:
        """parameters (…, P) and values (…) → what is minimised (…): −ln p(value) where there is a p."""

    def surprise(self, parameters: Tensor, values: Tensor) -> Tensor:
        """parameters (…, P) and values (…) → −ln p(value) (…), of a density or a probability."""
        return self.loss(parameters, values)

    def normal_score(self, parameters: Tensor, values: Tensor) -> Tensor:
        """parameters (…, P) and values (…) → z (…) with Φ(z) = p(≤ value): N(0, 1) where the distribution is right.

        UsageError where values are no points of a line.
        """
        raise UsageError(f"{type(self).__name__} has no signed deviations: its values are not continuous.")

    @abstractmethod
    def mean(self, parameters: Tensor) -> Tensor:
        """parameters (…, P) → the mean (…)."""

    @abstractmethod
    def quantile(self, parameters: Tensor, levels: Tensor) -> Tensor:
        """parameters (…, P) and levels in [0, 1) that broadcast to (…) → the least value with p(≤ value) ≥ level."""

    def draw(self, parameters: Tensor, uniform: Tensor) -> Tensor:
        """parameters (…, P) and numbers of U(0, 1) (…) → values (…)."""
        return self.quantile(parameters, uniform)


def checked_levels(levels: Tensor) -> Tensor:
    """The levels in float64, where 0 and 1, whose quantiles may be infinite, are moved inwards by 2^-53."""
    tiny = 2.0**-53
    return torch.as_tensor(levels, dtype=torch.float64).clamp(tiny, 1 - tiny)
