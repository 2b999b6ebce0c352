"""The normal distribution."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.models.distributions.distribution import SMALLEST_SCALE, Distribution, checked_levels

__all__ = ["Gaussian"]


class Gaussian(Distribution):
    """N(μ, σ²) of parameters (μ, s), σ = softplus(s) + 0.0001.

    >>> Gaussian().quantile(torch.tensor([3.0, 0.5413]), torch.tensor([0.5, 0.975]))
    tensor([3.0000, 4.9601], dtype=torch.float64)
    """

    parameters = 2
    location = 0

    def loss(self, parameters: Tensor, values: Tensor) -> Tensor:
        mean, deviation = _read(parameters)
        return 0.5 * ((values - mean) / deviation).square() + deviation.log() + 0.5 * math.log(2 * math.pi)

    def normal_score(self, parameters: Tensor, values: Tensor) -> Tensor:
        mean, deviation = _read(parameters)
        return (values - mean) / deviation

    def mean(self, parameters: Tensor) -> Tensor:
        return parameters[..., 0]

    def quantile(self, parameters: Tensor, levels: Tensor) -> Tensor:
        mean, deviation = _read(parameters.double())
        found: Tensor = mean + deviation * torch.special.ndtri(checked_levels(levels))
        return found


def _read(parameters: Tensor) -> tuple[Tensor, Tensor]:
    return parameters[..., 0], functional.softplus(parameters[..., 1]) + SMALLEST_SCALE
