"""Counts whose variance is above their mean."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.models.distributions.distribution import SMALLEST_SCALE, Distribution, checked_levels

__all__ = ["NegativeBinomial"]


class NegativeBinomial(Distribution):
    """Counts 0, 1, … of mean μ and variance μ + α μ², of parameters (m, a): μ and α are softplus + 0.0001.

    p(k) = Γ(k + r) / (k! Γ(r)) · (r / (r + μ))^r · (μ / (r + μ))^k with r = 1/α (Salinas et al., 2020, "DeepAR").

    >>> NegativeBinomial().quantile(torch.tensor([5.0, 0.0]), torch.tensor([0.1, 0.5, 0.9]))
    tensor([ 0.,  4., 11.], dtype=torch.float64)
    """

    parameters = 2

    def loss(self, parameters: Tensor, values: Tensor) -> Tensor:
        mean, size = _read(parameters)
        total = (size + mean).log()
        combinations = (values + size).lgamma() - (values + 1).lgamma() - size.lgamma()
        return -(combinations + size * (size.log() - total) + values * (mean.log() - total))

    def mean(self, parameters: Tensor) -> Tensor:
        return _read(parameters)[0]

    def quantile(self, parameters: Tensor, levels: Tensor) -> Tensor:
        from scipy.special import betainc, nbdtrik

        mean, size = _read(parameters.detach().cpu().double())
        size, mean, at = (part.numpy() for part in torch.broadcast_tensors(size, mean, checked_levels(levels.cpu())))
        chance = size / (size + mean)
        count = torch.as_tensor(nbdtrik(at, size, chance)).nan_to_num(0.0).ceil().clamp_min(0.0)
        fewer = (count - 1).clamp_min(0.0)
        enough = torch.as_tensor(betainc(size, fewer.numpy() + 1, chance) >= at)  # the inverse errs by roundings
        return torch.where(enough, fewer, count)


def _read(parameters: Tensor) -> tuple[Tensor, Tensor]:
    positive = functional.softplus(parameters) + SMALLEST_SCALE
    return positive[..., 0], 1 / positive[..., 1]
