"""One number or several for each row."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.batch import Batch
from seqloom.training.objectives.objective import Objective, Sums, wide

__all__ = ["Numbers", "StepNumbers"]


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
        said, targets = self._pairs(module, batch)
        numbers = wide(said)
        minimised = functional.huber_loss if self.robust else functional.mse_loss
        return minimised(numbers, targets.to(numbers.dtype)), None

    @torch.no_grad()
    def sums(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Sums, Any]:
        """Numbers, squared and absolute errors, targets and their squares."""
        said, wanted = self._pairs(module, batch)
        targets = wanted.double()
        error = said.double() - targets
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

    def _pairs(self, module: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the module says of a batch, and the targets, in one shape."""
        found: Tensor = module(batch.x, batch.length)
        return found.view(batch.targets.shape), batch.targets


class StepNumbers(Numbers):
    """The same for each real step: modules give (B, T, 1), ``targets`` are (B, T), any beyond a row's length.

    >>> batch = Batch({"x": torch.tensor([[[1.0], [5.0]]])}, torch.tensor([[3.0, -100.0]]), {"x": torch.tensor([1])})
    >>> class Same(nn.Module):
    ...     def forward(self, x, lengths):
    ...         return x
    >>> StepNumbers().weight(batch), StepNumbers().loss(Same(), batch, None)[0].item()
    (1, 4.0)
    """

    counted = "steps"

    def weight(self, batch: Batch) -> int:
        """The real steps."""
        return int(_real(batch).sum())

    def _pairs(self, module: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        found, real = module(batch.x, batch.length), _real(batch)
        return found[..., 0][real], batch.targets[real]


def _real(batch: Batch) -> Tensor:
    assert batch.length is not None
    targets = batch.targets
    return torch.arange(targets.shape[1], device=targets.device) < batch.length.to(targets.device)[:, None]
