"""Student's t distribution: heavier tails than the normal's."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.models.distributions.distribution import SMALLEST_SCALE, Distribution, checked_levels

__all__ = ["StudentT"]

_LEAST_FREEDOM = 2.0
"""So that there is a variance."""


class StudentT(Distribution):
    """μ + σ · t with ν degrees of freedom, of parameters (μ, s, f): σ = softplus(s) + 0.0001, ν = 2 + softplus(f).

    >>> StudentT().quantile(torch.tensor([1.0, 0.5413, 1.0]), torch.tensor([0.5, 0.975]))
    tensor([1.0000, 4.0191], dtype=torch.float64)
    """

    parameters = 3
    location = 0

    def loss(self, parameters: Tensor, values: Tensor) -> Tensor:
        mean, scale, freedom = _read(parameters)
        squared = ((values - mean) / scale).square()
        constant = (freedom / 2).lgamma() - ((freedom + 1) / 2).lgamma() + 0.5 * (math.pi * freedom).log()
        return constant + scale.log() + (freedom + 1) / 2 * torch.log1p(squared / freedom)

    def normal_score(self, parameters: Tensor, values: Tensor) -> Tensor:
        from scipy.special import ndtri, stdtr

        mean, scale, freedom = _read(parameters.detach().cpu().double())
        away = (values.detach().cpu().double() - mean) / scale
        lower = stdtr(freedom.numpy(), -away.abs().numpy())  # the tail, which does not round to 1
        return torch.as_tensor(-ndtri(lower)).copysign(away)

    def mean(self, parameters: Tensor) -> Tensor:
        return parameters[..., 0]

    def quantile(self, parameters: Tensor, levels: Tensor) -> Tensor:
        from scipy.special import stdtrit

        mean, scale, freedom = _read(parameters.detach().cpu().double())
        freedom, at = torch.broadcast_tensors(freedom, checked_levels(levels.cpu()))
        return mean + scale * torch.as_tensor(stdtrit(freedom.numpy(), at.numpy()))


def _read(parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    scale, freedom = functional.softplus(parameters[..., 1]), functional.softplus(parameters[..., 2])
    return parameters[..., 0], scale + SMALLEST_SCALE, freedom + _LEAST_FREEDOM
