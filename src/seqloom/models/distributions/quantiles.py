"""A few quantiles and nothing else: no shape is assumed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.errors import UsageError
from seqloom.models.distributions.distribution import SMALLEST_SCALE, Distribution, checked_levels

__all__ = ["Quantiles"]


class Quantiles(Distribution):
    """The quantiles q_1 < … < q_P of rising ``levels``, of as many parameters: the middle one as it is, and steps of
    softplus to both sides of it, so that they never cross.

    What is minimised is twice the mean pinball loss, max(l (y - q), (l - 1) (y - q)) (Koenker & Bassett, 1978), which
    with many levels is the continuous ranked probability score. Between the levels, and beyond them, quantiles lie on
    lines in the quantiles of a normal distribution. Raises UsageError for levels that do not rise within (0, 1).

    >>> three = Quantiles([0.1, 0.5, 0.9])
    >>> three.quantile(torch.tensor([0.5413, 2.0, 0.5413]), torch.tensor([0.1, 0.5, 0.9]))
    tensor([1.0000, 2.0000, 3.0000], dtype=torch.float64)
    """

    unit = "pinball"
    location: int

    def __init__(self, levels: Sequence[float]) -> None:
        self.levels = tuple(levels)
        if len(levels) < 2 or sorted(set(levels)) != list(levels) or not 0 < levels[0] < levels[-1] < 1:
            raise UsageError(f"Quantiles: expected at least two levels that rise between 0 and 1, got {list(levels)}.")
        self.parameters = len(levels)
        self.location = len(levels) // 2

    def loss(self, parameters: Tensor, values: Tensor) -> Tensor:
        error = values[..., None] - self.quantiles(parameters)
        levels = torch.tensor(self.levels, dtype=error.dtype, device=error.device)
        return 2 * torch.maximum(levels * error, (levels - 1) * error).mean(-1)

    def surprise(self, parameters: Tensor, values: Tensor) -> Tensor:
        """−ln p of the density φ(z) dz/dy, where z = :meth:`normal_score`."""
        begin, slope, left = self._line(parameters, values)
        return 0.5 * (left + (values - begin) * slope).square() + 0.5 * math.log(2 * math.pi) - slope.log()

    def normal_score(self, parameters: Tensor, values: Tensor) -> Tensor:
        begin, slope, left = self._line(parameters, values)
        return left + (values - begin) * slope

    def _line(self, parameters: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of the line on which each value lies: the quantile where it begins, dz/dy, and z there."""
        quantiles = self.quantiles(parameters.double())
        known = torch.special.ndtri(torch.tensor(self.levels, dtype=torch.float64, device=parameters.device))
        at = (quantiles < values[..., None]).sum(-1).sub(1).clamp(0, self.parameters - 2)
        begin, end = (quantiles.gather(-1, place[..., None])[..., 0] for place in (at, at + 1))
        apart = (end - begin).clamp_min(SMALLEST_SCALE)
        return begin, (known[at + 1] - known[at]) / apart, known[at]

    def mean(self, parameters: Tensor) -> Tensor:
        """The middle quantile, which stands for the mean: the levels do not say more."""
        return parameters[..., self.location]

    def quantile(self, parameters: Tensor, levels: Tensor) -> Tensor:
        known = torch.special.ndtri(torch.tensor(self.levels, dtype=torch.float64, device=parameters.device))
        quantiles = self.quantiles(parameters.double())
        asked = torch.special.ndtri(checked_levels(levels).to(parameters.device))
        shape = torch.broadcast_shapes(quantiles.shape[:-1], asked.shape)
        quantiles, asked = quantiles.expand(*shape, -1), asked.expand(shape)
        left = (torch.searchsorted(known, asked.contiguous(), right=True) - 1).clamp(0, self.parameters - 2)
        begin, end = (quantiles.gather(-1, at[..., None])[..., 0] for at in (left, left + 1))
        found: Tensor = begin + (end - begin) * (asked - known[left]) / (known[left + 1] - known[left])
        return found

    def quantiles(self, parameters: Tensor) -> Tensor:
        """The quantiles (…, P) of the levels, in their order."""
        middle = self.location
        steps = functional.softplus(parameters)
        below = parameters[..., middle, None] - steps[..., :middle].flip(-1).cumsum(-1).flip(-1)
        above = parameters[..., middle, None] + steps[..., middle + 1 :].cumsum(-1)
        return torch.cat([below, parameters[..., middle, None], above], -1)
