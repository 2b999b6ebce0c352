"""One of K."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.models.distributions.distribution import Distribution

__all__ = ["Categorical"]


class Categorical(Distribution):
    """One of 0 … K - 1 with the probabilities softmax(z), of K parameters z. Its mean is that of the numbers.

    >>> Categorical(2).draw(torch.tensor([[0.25, 0.75], [0.25, 0.75]]).log(), torch.tensor([0.2, 0.3]))
    tensor([0, 1])
    """

    def __init__(self, classes: int) -> None:
        self.parameters = classes

    def loss(self, parameters: Tensor, values: Tensor) -> Tensor:
        return -functional.log_softmax(parameters, -1).gather(-1, values[..., None])[..., 0]

    def mean(self, parameters: Tensor) -> Tensor:
        return parameters.softmax(-1) @ torch.arange(self.parameters, dtype=parameters.dtype, device=parameters.device)

    def quantile(self, parameters: Tensor, levels: Tensor) -> Tensor:
        cumulative = parameters.double().softmax(-1).cumsum(-1)
        at = torch.as_tensor(levels, dtype=torch.float64)[..., None]
        return (cumulative < at).sum(-1).clamp_max(self.parameters - 1)
