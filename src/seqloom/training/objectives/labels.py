"""Any number of labels for each row."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.batch import Batch
from seqloom.training.objectives.objective import Objective, Sums, wide

__all__ = ["Labels"]


class Labels(Objective[Batch]):
    """The mean over labels of −ln p(there or not), for modules from x (B, T, …) and its lengths to scores (B, L).

    ``targets`` (B, L) are 0 or 1; a label is predicted where its score is above 0. Also measured: ``exact``, the share
    of rows with all labels right, and ``micro_f1`` = 2 · right / (predicted + true) over all labels, which is watched.

    >>> sums = {"weight": 4.0, "loss": 2.0, "exact": 1.0, "right": 3.0, "predicted": 4.0, "true": 5.0}
    >>> figures = Labels().figures({name: torch.tensor(value) for name, value in sums.items()})
    >>> {name: round(value, 3) for name, value in figures.items()}
    {'loss': 0.5, 'exact': 0.25, 'micro_f1': 0.667}
    """

    watched = "micro_f1"
    higher_is_better = True

    def weight(self, batch: Batch) -> int:
        """The rows."""
        return batch.size

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        """The mean over rows and labels; nothing is handed on."""
        return _loss(module(batch.x, batch.length), batch.targets), None

    @torch.no_grad()
    def sums(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Sums, Any]:
        """Rows, loss, rows that are exact, and labels that are right, predicted, and true."""
        scores, true = module(batch.x, batch.length), batch.targets.bool()
        predicted = scores > 0
        found = {
            "loss": _loss(scores, batch.targets).double() * batch.size,
            "exact": (predicted == true).all(1).sum(),
            "right": (predicted & true).sum(),
            "predicted": predicted.sum(),
            "true": true.sum(),
        }
        weight = torch.tensor(batch.size, dtype=torch.float64)
        return {"weight": weight} | {name: value.cpu().double() for name, value in found.items()}, None

    def figures(self, sums: Sums) -> dict[str, float]:
        """Loss, exact rows, micro-F1 (1 where no label is true or predicted)."""
        labels = sums["predicted"] + sums["true"]
        micro_f1 = float(2 * sums["right"] / labels) if labels else 1.0
        return super().figures(sums) | {"exact": float(sums["exact"] / sums["weight"]), "micro_f1": micro_f1}


def _loss(scores: Tensor, targets: Tensor) -> Tensor:
    scores = wide(scores)
    return functional.binary_cross_entropy_with_logits(scores, targets.to(scores.dtype))
