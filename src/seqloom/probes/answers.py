"""What a probe asks for at a scored step, how a wrong answer is weighed, and when an answer is right."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["Answer", "ClassAnswer", "NumberAnswer"]


class Answer(ABC):
    """The answers at S scored steps, given as predictions (S, ``outputs``)."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """How many numbers a model gives at a step."""

    @property
    @abstractmethod
    def unit(self) -> str:
        """The name of the loss."""

    @abstractmethod
    def loss(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """The mean loss of predictions (S, K) against targets (S,)."""

    @abstractmethod
    def right(self, predictions: Tensor, targets: Tensor, allowed: Tensor | None) -> Tensor:
        """Which predictions (S, K) are right: (S,) of bool; ``allowed`` (S, K) marks all right answers."""


@final
@dataclass(frozen=True)
class NumberAnswer(Answer):
    """A number: squared error; right if the error stays below ``tolerance``.

    >>> NumberAnswer(0.04).right(torch.tensor([[0.50], [0.55]]), torch.tensor([0.52, 0.5]), None)
    tensor([ True, False])
    """

    tolerance: float = 0.04

    @property
    def outputs(self) -> int:
        return 1

    @property
    def unit(self) -> str:
        return "squared error"

    def loss(self, predictions: Tensor, targets: Tensor) -> Tensor:
        return F.mse_loss(predictions[:, 0], targets)

    def right(self, predictions: Tensor, targets: Tensor, allowed: Tensor | None) -> Tensor:
        return (predictions[:, 0] - targets).abs() < self.tolerance


@final
@dataclass(frozen=True)
class ClassAnswer(Answer):
    """One of ``classes``: cross-entropy in nats; right if each right class scores above each wrong one.

    >>> scores = torch.tensor([[3.0, 2.0, 1.0]])
    >>> ClassAnswer(3).right(scores, torch.tensor([1]), None)
    tensor([False])
    >>> ClassAnswer(3).right(scores, torch.tensor([1]), torch.tensor([[True, True, False]]))
    tensor([True])
    """

    classes: int

    @property
    def outputs(self) -> int:
        return self.classes

    @property
    def unit(self) -> str:
        return "nats"

    def loss(self, predictions: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(predictions, targets)

    def right(self, predictions: Tensor, targets: Tensor, allowed: Tensor | None) -> Tensor:
        if allowed is None:
            allowed = F.one_hot(targets, self.classes).bool()
        least = predictions.masked_fill(~allowed, torch.inf).amin(-1)
        return least > predictions.masked_fill(allowed, -torch.inf).amax(-1)
