"""Yes or no."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.models.distributions.distribution import Distribution

__all__ = ["Bernoulli"]


class Bernoulli(Distribution):
    """1 with probability σ(z), else 0, of one parameter z; 88 keys of a piano are 88 of them.

    >>> Bernoulli().draw(torch.tensor([[0.0], [0.0]]), torch.tensor([0.4, 0.6]))
    tensor([0., 1.])
    """

    parameters = 1

    def loss(self, parameters: Tensor, values: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(parameters[..., 0], values, reduction="none")

    def mean(self, parameters: Tensor) -> Tensor:
        return parameters[..., 0].sigmoid()

    def quantile(self, parameters: Tensor, levels: Tensor) -> Tensor:
        zero = torch.sigmoid(-parameters[..., 0].double())
        return (torch.as_tensor(levels, dtype=torch.float64) > zero).to(parameters.dtype)
