"""A few quantiles and nothing else: no shape is assumed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.errors import UsageError
from seqloom.models.distributions.distribution import Distribution, checked_levels

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
