"""Values that a distribution of theirs makes likely."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.models.distributions import Distribution
from seqloom.training.objectives.objective import Objective, wide

__all__ = ["Likelihood"]


class Likelihood(Objective[Batch]):
    """The mean loss of a distribution, for modules from x (B, T, …) and its lengths to its parameters (…, P).

    ``targets`` (B, T, …) are NaN where none is known; these, and what is beyond a row's length, neither teach nor
    count.
    """

    counted = "values"

    def __init__(self, distribution: Distribution) -> None:
        self.distribution = distribution
        self.unit = distribution.unit

    def weight(self, batch: Batch) -> int:
        """The values that are known."""
        return int(_known(batch).sum())

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        """The mean loss over the known values; nothing is handed on."""
        parameters = wide(module(batch.x, batch.length))
        known = _known(batch)
        values = torch.where(known, batch.targets, 0.0).to(parameters.dtype)
        losses = torch.where(known, self.distribution.loss(parameters, values), 0.0)
        return losses.sum() / known.sum().clamp_min(1), None


def _known(batch: Batch) -> Tensor:
    known = batch.targets.isfinite()
    if batch.length is None:
        return known
    real = torch.arange(known.shape[1], device=known.device) < batch.length[:, None]
    return known & real.view(*real.shape, *(1,) * (known.ndim - 2))
