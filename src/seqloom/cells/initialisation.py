"""Initial values of weights, by the names the literature gives them.

Each is a small frozen object that fills a tensor (rows, columns), with the generator it is given.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["Constant", "Glorot", "He", "Identity", "Initialiser", "Orthogonal", "Uniform"]


class Initialiser(ABC):
    """Fills a tensor in place."""

    @abstractmethod
    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        """Overwrite ``tensor`` (…, rows, columns) or (H,); random numbers come from ``generator``."""


@dataclass(frozen=True)
class Constant(Initialiser):
    """Every entry is ``value``."""

    value: float = 0.0

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        tensor.fill_(self.value)


@dataclass(frozen=True)
class Uniform(Initialiser):
    """U(-bound, bound); without ``bound``, 1/sqrt(rows), torch's choice for recurrent layers."""

    bound: float | None = None

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        rows = tensor.shape[-2] if tensor.ndim > 1 else tensor.shape[-1]
        bound = 1 / math.sqrt(rows) if self.bound is None else self.bound
        tensor.uniform_(-bound, bound, generator=generator)


@dataclass(frozen=True)
class Glorot(Initialiser):
    """U(-a, a), a = gain · sqrt(6 / (rows + columns)) (Glorot & Bengio, 2010, eq. 16)."""

    gain: float = 1.0

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        rows, columns = tensor.shape[-2:] if tensor.ndim > 1 else (tensor.shape[0], 1)
        bound = self.gain * math.sqrt(6 / (rows + columns))
        tensor.uniform_(-bound, bound, generator=generator)


@dataclass(frozen=True)
class He(Initialiser):
    """N(0, 2 / columns), which keeps the variance of rectified units (He et al., 2015, eq. 10)."""

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        tensor.normal_(0.0, math.sqrt(2 / tensor.shape[-1]), generator=generator)


@dataclass(frozen=True)
class Orthogonal(Initialiser):
    """A random orthogonal matrix times ``gain`` (Saxe et al., 2014)."""

    gain: float = 1.0

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        for matrix in tensor if tensor.ndim == 3 else (tensor,):
            nn.init.orthogonal_(matrix, self.gain, generator=generator)


@dataclass(frozen=True)
class Identity(Initialiser):
    """``scale`` on the diagonal, 0 elsewhere (IRNN: Le et al., 2015)."""

    scale: float = 1.0

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        tensor.copy_(self.scale * torch.eye(*tensor.shape[-2:]).expand_as(tensor))
