"""Linear readouts: learned from pairs in closed form or online, by no gradient."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from seqloom.errors import UsageError

__all__ = ["Readout"]


class Readout(ABC):
    """y ≈ W x + b: x (…, F) → y (…, K), in float64.

    What is learned is ``weight_`` (K, F) and ``bias_`` (K,). Rows come through ``partial_fit`` in as many calls as they
    need, so they never have to be in memory at once.
    """

    @property
    @abstractmethod
    def weight_(self) -> Tensor:
        """W (K, F)."""

    @property
    @abstractmethod
    def bias_(self) -> Tensor:
        """b (K,)."""

    @abstractmethod
    def reset(self) -> None:
        """Forget every row."""

    @abstractmethod
    def _learn(self, x: Tensor, y: Tensor) -> None:
        """Take in the rows x (R, F), y (R, K), which are checked."""

    def fit(self, x: Tensor | ArrayLike, y: Tensor | ArrayLike) -> Self:
        """Learn from x (…, F) and y (…, K) alone."""
        self.reset()
        return self.partial_fit(x, y)

    def partial_fit(self, x: Tensor | ArrayLike, y: Tensor | ArrayLike) -> Self:
        """Learn from x (…, F) and y (…, K) too; UsageError unless they are paired and finite."""
        self._learn(*_paired(_rows(x, "x"), _rows(y, "y")))
        return self

    def predict(self, x: Tensor | ArrayLike) -> Tensor:
        """x (…, F) → y (…, K)."""
        x = torch.as_tensor(x, dtype=torch.float64)
        return x @ self.weight_.mT + self.bias_


def _rows(values: Tensor | ArrayLike, name: str) -> Tensor:
    values = torch.as_tensor(values, dtype=torch.float64).detach()
    if values.ndim < 2:
        raise UsageError(f"A readout expected {name} of shape (rows, features); got {tuple(values.shape)}.")
    if not bool(torch.isfinite(values).all()):
        raise UsageError(f"A readout expected finite numbers; {name} holds NaN or infinity.")
    return values.flatten(0, -2)


def _paired(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    if len(x) != len(y):
        raise UsageError(f"A readout expected as many rows of y as of x, {len(x)}; got {len(y)}.")
    return x, y
