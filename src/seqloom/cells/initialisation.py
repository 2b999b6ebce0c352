"""Initial values of weights, by the names the literature gives them.

Each is a small frozen object that fills a tensor (rows, columns), with the generator it is given.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError

__all__ = [
    "Between",
    "Constant",
    "GateDecay",
    "Glorot",
    "He",
    "Identity",
    "Initialiser",
    "LeCun",
    "Normal",
    "Orthogonal",
    "RingPhase",
    "RingRadius",
    "Sparse",
    "SpectralRadius",
    "Uniform",
]


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
class Between(Initialiser):
    """U(low, high)."""

    low: float
    high: float

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        tensor.uniform_(self.low, self.high, generator=generator)


@dataclass(frozen=True)
class Normal(Initialiser):
    """N(0, ``deviation``²)."""

    deviation: float = 1.0

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        tensor.normal_(0.0, self.deviation, generator=generator)


@dataclass(frozen=True)
class Glorot(Initialiser):
    """U(-a, a), a = gain · sqrt(6 / (rows + columns)) (Glorot & Bengio, 2010, eq. 16)."""

    gain: float = 1.0

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        rows, columns = tensor.shape[-2:] if tensor.ndim > 1 else (tensor.shape[0], 1)
        bound = self.gain * math.sqrt(6 / (rows + columns))
        tensor.uniform_(-bound, bound, generator=generator)


@dataclass(frozen=True)
class LeCun(Initialiser):
    """N(0, gain² / columns), which keeps the variance of linear units (LeCun et al., 1998)."""

    gain: float = 1.0

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        tensor.normal_(0.0, self.gain / math.sqrt(tensor.shape[-1]), generator=generator)


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


@dataclass(frozen=True)
class Sparse(Initialiser):
    """The values of ``of``, of which each row keeps the share ``density`` (at least one), at random places.

    Every unit hears equally many others, and with one in each row there is a cycle: the spectral radius is above 0.
    """

    of: Initialiser = Normal()
    density: float = 0.1

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        self.of.fill(tensor, generator)
        columns = tensor.shape[-1]
        places = torch.rand(tensor.shape, generator=generator, device=tensor.device).argsort(-1).argsort(-1)
        tensor.masked_fill_(places >= max(1, round(self.density * columns)), 0.0)


@dataclass(frozen=True)
class SpectralRadius(Initialiser):
    """The values of ``of`` (default N(0, 1)), scaled so that the largest |eigenvalue| is ``radius`` (Jaeger, 2001)."""

    radius: float = 0.9
    of: Initialiser = Normal()

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        self.of.fill(tensor, generator)
        largest = torch.linalg.eigvals(tensor.double()).abs().amax(-1)
        tensor.mul_((self.radius / largest)[..., None, None])


@dataclass(frozen=True)
class RingRadius(Initialiser):
    """ν = log(-log r), r² uniform between ``r_min``² and ``r_max``²: the radius of points spread evenly over a ring.

    For eigenvalues of the modulus exp(-exp(ν)) (Orvieto et al., 2023, lemma 3.2).
    """

    r_min: float = 0.0
    r_max: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.r_min <= self.r_max <= 1:
            raise UsageError(f"A ring has 0 ≤ r_min ≤ r_max ≤ 1; got r_min={self.r_min!r}, r_max={self.r_max!r}.")

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        tensor.uniform_(self.r_min**2, self.r_max**2, generator=generator).clamp_(1e-12, 1 - 1e-6)
        tensor.log_().mul_(-0.5).log_()


@dataclass(frozen=True)
class RingPhase(Initialiser):
    """θ = log of an angle that is uniform between 0 and ``maximum`` (Orvieto et al., 2023, sec. 3.4)."""

    maximum: float = 2 * math.pi

    def __post_init__(self) -> None:
        if not self.maximum >= 0:
            raise UsageError(f"Angles have max_phase of at least 0; got {self.maximum!r}.")

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        tensor.uniform_(0, self.maximum, generator=generator).clamp_(min=1e-6).log_()


@dataclass(frozen=True)
class GateDecay(Initialiser):
    """Λ such that σ(Λ)^power is uniform between ``low`` and ``high`` (De et al., 2024, sec. 2.4)."""

    low: float
    high: float
    power: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high < 1:
            raise UsageError(f"Decays have 0 < r_min ≤ r_max < 1; got r_min={self.low!r}, r_max={self.high!r}.")

    def fill(self, tensor: Tensor, generator: torch.Generator | None = None) -> None:
        tensor.uniform_(self.low, self.high, generator=generator).log_().div_(self.power)  # log σ(Λ)
        tensor.sub_((-torch.expm1(tensor)).log_())
