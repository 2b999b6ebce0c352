"""Heads over the keys of a piano: which of them sound at a step, given what a network says of the steps before."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.models.distributions import Bernoulli

__all__ = ["AutoregressiveKeys", "IndependentKeys", "KeysHead"]


class KeysHead(nn.Module, ABC):
    """p(k | y) = Π_i σ(z_i)^k_i (1 - σ(z_i))^(1 - k_i) over the keys k (…, K), given features y (…, H).

    The part of z that looks at no other key is ``scores``, a linear map.
    """

    scores: nn.Linear

    @abstractmethod
    def forward(self, y: Tensor, keys: Tensor) -> Tensor:
        """Features y (…, H) and keys (…, K), 0 or 1 → scores z (…, K), each of a key given the keys below it."""

    @abstractmethod
    def draw(self, y: Tensor, levels: Tensor, fixed: Tensor | None = None, temperature: float = 1.0) -> Tensor:
        """Features y (…, H) and numbers of U(0, 1) (…, K) → keys (…, K); levels of 0.5 give the likelier of each.

        What is not NaN in ``fixed`` (…, K) is so. Scores are divided by the ``temperature``.
        """

    def likeliest(self, y: Tensor) -> Tensor:
        """The likelier of both for each key, given the likelier ones below it."""
        return self.draw(y, y.new_full((), 0.5))


class IndependentKeys(KeysHead):
    """z = V y + b: each key by itself, 88 Bernoullis.

    >>> head = IndependentKeys(4, keys=3)
    >>> head(torch.zeros(2, 4), torch.zeros(2, 3)).shape
    torch.Size([2, 3])
    """

    def __init__(self, in_features: int, keys: int) -> None:
        super().__init__()
        self.scores = nn.Linear(in_features, keys)

    def forward(self, y: Tensor, keys: Tensor) -> Tensor:
        found: Tensor = self.scores(y)
        return found

    def draw(self, y: Tensor, levels: Tensor, fixed: Tensor | None = None, temperature: float = 1.0) -> Tensor:
        drawn = Bernoulli().draw(self.scores(y)[..., None] / temperature, levels)
        return drawn if fixed is None else torch.where(fixed.isnan(), drawn, fixed)


class AutoregressiveKeys(KeysHead):
    """z_i = b_i + V_i y + Σ_{j<i} W_ij k_j + Σ_m A_im u_m, u_m = relu(c_m + U_m y + Σ_{j≤d_m} M_mj k_j), d_m < i.

    Keys from below upwards, each given those below it: which notes go together. W makes it a fully visible sigmoid
    belief network (Neal, 1992); the ``units``, each of which sees the keys up to one of its own, d_m, are those of a
    masked autoencoder (Germain et al., 2015).
    """

    def __init__(self, in_features: int, keys: int, units: int) -> None:
        super().__init__()
        self.scores = nn.Linear(in_features, keys)
        self.inner = nn.Linear(in_features, units)
        self.between = nn.Parameter(torch.zeros(keys, keys))
        self.seen = nn.Parameter(torch.empty(units, keys))
        self.said = nn.Parameter(torch.zeros(keys, units))
        nn.init.normal_(self.seen, std=keys**-0.5)
        degrees = torch.arange(units) * (keys - 1) // max(1, units)
        places = torch.arange(keys)
        self.register_buffer("_below", (places[:, None] > places).float(), persistent=False)
        self.register_buffer("_sees", (places <= degrees[:, None]).float(), persistent=False)
        self.register_buffer("_says", (places[:, None] > degrees).float(), persistent=False)
        self._below: Tensor
        self._sees: Tensor
        self._says: Tensor

    def forward(self, y: Tensor, keys: Tensor) -> Tensor:
        inner = functional.relu(self.inner(y) + functional.linear(keys, self.seen * self._sees))
        between = functional.linear(keys, self.between * self._below)
        found: Tensor = self.scores(y) + between + functional.linear(inner, self.said * self._says)
        return found

    def draw(self, y: Tensor, levels: Tensor, fixed: Tensor | None = None, temperature: float = 1.0) -> Tensor:
        scores, inner = self.scores(y).clone(), self.inner(y)
        between, seen, said = self.between * self._below, self.seen * self._sees, self.said * self._says
        levels = levels.expand(scores.shape)
        found = torch.zeros_like(scores)
        for key in range(scores.shape[-1]):
            score = (scores[..., key] + functional.relu(inner) @ said[key]) / temperature
            here = Bernoulli().draw(score[..., None], levels[..., key])
            if fixed is not None:
                here = torch.where(fixed[..., key].isnan(), here, fixed[..., key])
            found[..., key] = here
            scores = scores + here[..., None] * between[:, key]
            inner = inner + here[..., None] * seen[:, key]
        return found
