"""The one contract between the loop and what is learned."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from seqloom.data.batch import Batch

__all__ = ["Objective", "Sums", "added", "total", "wide"]

Sums = Mapping[str, Tensor]
"""What is counted and summed on a batch, by name: float64 on the CPU, added up over batches and processes."""

B = TypeVar("B", bound=Batch)
_MEAN = "mean "


class Objective(ABC, Generic[B]):
    """What is minimised, and what is measured, on batches of one kind.

    The loop knows nothing else of a task. A batch has a ``weight``: its real targets, say. ``loss`` is the mean over
    them, so that batches, and parts of one, count by their weights; other ``means`` may be measured beside it.
    ``carried`` is whatever one batch hands to the next of its epoch, None at first. What does not add up (a macro-F1,
    an R²) is made of ``sums`` that do, by ``figures``; one of these, the ``watched``, says which weights are the best.

    >>> from seqloom.training.objectives import Numbers
    >>> Numbers().figures({"weight": torch.tensor(2.0), "squared": torch.tensor(8.0), "absolute": torch.tensor(4.0),
    ...     "targets": torch.tensor(6.0), "targets_squared": torch.tensor(34.0)})
    {'loss': 4.0, 'mean_absolute_error': 2.0, 'r2': 0.5}
    """

    unit: str = "nats"
    """Of the loss."""
    counted: str = "examples"
    """What a weight counts."""
    watched: str = "loss"
    """The figure that is watched."""
    higher_is_better: bool = False
    """Whether the watched figure is to be high."""
    ceiling: float = math.inf
    """A loss above this is no learning any more."""

    def weight(self, batch: B) -> float:
        """How much a batch counts, if not its rows; 0 for one without a target."""
        return batch.size

    @abstractmethod
    def loss(self, module: nn.Module, batch: B, carried: Any) -> tuple[Tensor, Any]:
        """The mean loss of a batch, to be differentiated, and what it hands on."""

    def means(self, module: nn.Module, batch: B) -> Mapping[str, Tensor]:
        """Further figures of a batch by name, each a mean over its weight."""
        return {}

    @torch.no_grad()
    def sums(self, module: nn.Module, batch: B, carried: Any) -> tuple[Sums, Any]:
        """What is to be added up of a batch, and what it hands on."""
        mean, carried = self.loss(module, batch, carried)
        weight = torch.tensor(self.weight(batch), dtype=torch.float64)
        means = {_MEAN + name: total(value, weight) for name, value in self.means(module, batch).items()}
        return {"weight": weight, "loss": total(mean, weight), **means}, carried

    def figures(self, sums: Sums) -> dict[str, float]:
        """What the sums of all batches come to, by name; nan where there was no target."""
        means = {
            name.removeprefix(_MEAN): float(sums[name] / sums["weight"]) for name in sums if name.startswith(_MEAN)
        }
        return {"loss": float(sums["loss"] / sums["weight"])} | means

    def reached(self, figures: dict[str, float]) -> bool:
        """Whether what was to be learned is learned, and the run may end."""
        return False

    def initial_state(self, module: nn.Module) -> Any:
        """What is carried, of one row, as a shape to read a checkpoint into; None where nothing is."""
        return None


def wide(values: Tensor) -> Tensor:
    """The values for a loss: float64 as it is, all else in float32.

    >>> wide(torch.zeros(1, dtype=torch.bfloat16)).dtype, wide(torch.zeros(1, dtype=torch.float64)).dtype
    (torch.float32, torch.float64)
    """
    return values if values.dtype == torch.float64 else values.float()


def total(mean: Tensor, weight: Tensor) -> Tensor:
    """mean · weight in float64 on the CPU; 0 where nothing weighs, whatever the mean of nothing is.

    >>> total(torch.tensor(float("nan")), torch.tensor(0.0))
    tensor(0., dtype=torch.float64)
    """
    return mean.detach().cpu().double() * weight if weight else torch.zeros((), dtype=torch.float64)


def added(one: Sums, other: Sums) -> Sums:
    """The sums of two parts together.

    >>> added({"a": torch.tensor(1.0)}, {"a": torch.tensor(2.0)})
    {'a': tensor(3.)}
    """
    return {name: one[name] + value for name, value in other.items()}
