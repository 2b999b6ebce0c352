"""The decay that Mamba-2 and gated DeltaNet choose at each step, and how it begins."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["SelectiveDecay"]

LARGEST_LOG_RATE = 60.0
"""An infinite rate times a step of 0 is NaN; with this one the decay is 0 in every format unless the step is 0."""


class SelectiveDecay(nn.Module):
    """Δ = softplus(x + b),  log α = -A Δ: the step size Δ and the decay α = exp(-A Δ) of each head.

    x (…, N) → log α and Δ, both (…, N), with b = ``step_bias`` and A = exp(``log_rate``), one a head. First values are
    those of Mamba-2's code: A uniform between ``lowest_rate`` and 16, softplus(b) log-uniform between 0.001 and 0.1
    (Dao & Gu, 2024; Gu & Dao, 2023, sec. 3.6).

    >>> log_decay, step = SelectiveDecay(3)(torch.zeros(2, 3))
    >>> bool((log_decay < 0).all()), bool((step < 0.1001).all())
    (True, True)
    """

    def __init__(self, heads: int, lowest_rate: float = 1.0) -> None:
        super().__init__()
        self.lowest_rate = lowest_rate
        self.log_rate, self.step_bias = (nn.Parameter(torch.empty(heads)) for _ in range(2))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """New rates and step sizes."""
        with torch.no_grad():
            self.log_rate.uniform_(self.lowest_rate, 16).log_()
            step = self.step_bias.uniform_(math.log(0.001), math.log(0.1)).exp()
            self.step_bias.copy_(step + torch.log(-torch.expm1(-step)))  # the inverse of softplus

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (…, N) → log α and Δ."""
        step = F.softplus(x + self.step_bias)
        return -self.log_rate.clamp(max=LARGEST_LOG_RATE).exp() * step, step
