"""One class for each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.batch import Batch
from seqloom.errors import UsageError
from seqloom.training.objectives.objective import Objective, Sums, total, wide

__all__ = ["Classes", "macro_f1"]

_LEAST = 1e-30
"""What all rows count, where none of them is of a class that is known."""
_TEMPERATURES = 2.0 ** torch.arange(-2, 7)


class Classes(Objective[Batch]):
    """−ln p(class), for modules from x (B, T, …) and its lengths to scores (B, C).

    Row b counts ``weights``[class of b] (None: all 1), and not at all where that is below 0, unknown; the loss is the
    weighted mean. With ``smoothing`` s the target gives 1 − s + s / C to the class and s / C to the others (Szegedy et
    al., 2016, "Rethinking the Inception architecture"). Also measured: ``accuracy``; ``macro_f1``, the mean F1 of the
    classes that came; and ``tempered_loss``, the mean of −ln softmax(scores / T)[class] at the best T of ¼, ½ … 64: who
    is too sure may tell classes apart all the same (Guo et al., 2017, "On calibration of modern neural networks").
    ``watched`` is one of these. Losses still tell weights apart where few rows are held out and all are right. Raises
    UsageError for weights that are not above 0 and a smoothing outside [0, 1).

    >>> objective = Classes(2)
    >>> counts = torch.tensor([[3.0, 1.0], [0.0, 4.0]], dtype=torch.float64)
    >>> losses = {"loss": torch.tensor(4.0), "tempered": torch.tensor([4.0, 2.0])}
    >>> figures = objective.figures({"weight": torch.tensor(8.0), "confusion": counts, **losses})
    >>> {name: round(value, 3) for name, value in figures.items()}
    {'loss': 0.5, 'accuracy': 0.875, 'macro_f1': 0.873, 'tempered_loss': 0.25}
    """

    def __init__(
        self,
        classes: int,
        weights: Sequence[float] | None = None,
        smoothing: float = 0.0,
        watched: Literal["macro_f1", "accuracy", "loss", "tempered_loss"] = "macro_f1",
    ) -> None:
        if not 0 <= smoothing < 1:
            raise UsageError(f"smoothing: expected a share from 0 to below 1, got {smoothing!r}.")
        if weights is not None and (len(weights) != classes or not all(weight > 0 for weight in weights)):
            raise UsageError(f"weights: expected {classes} numbers above 0, one for each class, got {list(weights)}.")
        self.classes = classes
        self.watched, self.higher_is_better = watched, not watched.endswith("loss")
        self.smoothing = smoothing
        self.weights = torch.ones(classes) if weights is None else torch.tensor(weights, dtype=torch.float32)

    @classmethod
    def balanced(cls, counts: Sequence[int], smoothing: float = 0.0) -> Self:
        """Classes of which each counts as much as any other: weights N / (C · count), as in scikit-learn.

        >>> Classes.balanced([30, 10]).weights
        tensor([0.6667, 2.0000])
        """
        return cls(len(counts), [sum(counts) / (len(counts) * max(1, count)) for count in counts], smoothing)

    def weight(self, batch: Batch) -> float:
        """The weights of the classes of all rows."""
        return float(self._counted(batch.targets.cpu()).double().sum())

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        """The weighted mean of −ln p(class); nothing is handed on."""
        return self._loss(module(batch.x, batch.length), batch.targets, self.smoothing), None

    @torch.no_grad()
    def sums(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Sums, Any]:
        """Weight, loss, the loss at each temperature (9,), and the confusion (C, C): rows by their class, columns by
        that of the highest score."""
        scores = module(batch.x, batch.length)
        weight = torch.tensor(max(self.weight(batch), _LEAST), dtype=torch.float64)
        known = batch.targets >= 0
        pairs = batch.targets[known] * self.classes + scores.argmax(-1)[known]
        confusion = torch.bincount(pairs, minlength=self.classes**2).view(self.classes, -1).cpu().double()
        loss = total(self._loss(scores, batch.targets, self.smoothing), weight)
        tempered = torch.stack([total(self._loss(wide(scores) / t, batch.targets, 0.0), weight) for t in _TEMPERATURES])
        return {"weight": weight, "loss": loss, "tempered": tempered, "confusion": confusion}, None

    def figures(self, sums: Sums) -> dict[str, float]:
        """Loss, accuracy, macro-F1, and the loss at the temperature that suits best."""
        confusion = sums["confusion"]
        accuracy = float(confusion.diagonal().sum() / confusion.sum().clamp(min=1))
        tempered = float(sums["tempered"].min() / sums["weight"])
        counted = {"accuracy": accuracy, "macro_f1": macro_f1(confusion), "tempered_loss": tempered}
        return super().figures(sums) | counted

    def _loss(self, scores: Tensor, targets: Tensor, smoothing: float) -> Tensor:
        weights = self._counted(targets)
        known = targets.clamp(min=0)
        each = functional.cross_entropy(wide(scores), known, reduction="none", label_smoothing=smoothing)
        return (each * weights).sum() / weights.sum().clamp(min=_LEAST)

    def _counted(self, targets: Tensor) -> Tensor:
        """What each row counts."""
        return self.weights.to(targets.device)[targets.clamp(min=0)] * (targets >= 0)


def macro_f1(confusion: Tensor) -> float:
    """The mean over the classes of 2 · right / (predicted + true), those that never came or were predicted left out.

    >>> macro_f1(torch.tensor([[3.0, 1.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 0.0]]).double())
    0.873015873015873
    """
    counted = confusion.sum(0) + confusion.sum(1)
    seen = counted > 0
    return float((2 * confusion.diagonal()[seen] / counted[seen]).mean()) if seen.any() else 0.0
