"""One number or several for each row."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.batch import Batch
from seqloom.training.objectives.objective import Objective, Sums, wide

__all__ = ["Numbers"]


class Numbers(Objective[Batch]):
    """The squared error, for modules from x (B, T, …) and its lengths to numbers (B,) or (B, K).

    With ``robust`` what is minimised is Huber's loss: e² / 2 up to an error of 1, |e| − 1/2 above (Huber, 1964).

    Also measured: ``mean_absolute_error``, and R² = 1 − Σ (y − ŷ)² / Σ (y − mean of y)² over all numbers as one. For
    numbers whose mean is far larger than their spread, give a ``centre`` near the mean: R² is summed around it.
    """

    unit = "squared error"

    def __init__(self, centre: float = 0.0, robust: bool = False) -> None:
        self.centre = centre
        self.robust = robust

    def weight(self, batch: Batch) -> int:
        """The numbers."""
        return batch.targets.numel()

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        """The mean squared error, or Huber's; nothing is handed on."""
        numbers = wide(self._said(module, batch))
        minimised = functional.huber_loss if self.robust else functional.mse_loss
        return minimised(numbers, batch.targets.to(numbers.dtype)), None

    @torch.no_grad()
    def sums(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Sums, Any]:
        """Numbers, squared and absolute errors, targets and their squares."""
        targets = batch.targets.double()
        error = self._said(module, batch).double() - targets
        around = targets - self.centre
        found = {
            "squared": error.square().sum(),
            "absolute": error.abs().sum(),
            "targets": around.sum(),
            "targets_squared": around.square().sum(),
        }
        weight = torch.tensor(targets.numel(), dtype=torch.float64)
        return {"weight": weight} | {name: value.cpu() for name, value in found.items()}, None

    def figures(self, sums: Sums) -> dict[str, float]:
        """Mean squared and absolute error, and R²: nan where all targets are equal."""
        weight, squared = float(sums["weight"]), float(sums["squared"])
        if not weight:
            return dict.fromkeys(("loss", "mean_absolute_error", "r2"), math.nan)
        spread = float(sums["targets_squared"] - sums["targets"] ** 2 / sums["weight"])
        return {
            "loss": squared / weight,
            "mean_absolute_error": float(sums["absolute"]) / weight,
            "r2": 1 - squared / spread if spread > 0 else math.nan,
        }

    def _said(self, module: nn.Module, batch: Batch) -> Tensor:
        """What the module says of a batch, in the shape of the targets."""
        found: Tensor = module(batch.x, batch.length)
        return found.view(batch.targets.shape)
