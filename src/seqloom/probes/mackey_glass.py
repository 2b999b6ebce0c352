"""The Mackey-Glass series: a chaotic process whose next value depends on one far back."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from seqloom.errors import UsageError

__all__ = ["mackey_glass", "nrmse"]

SUBSTEPS = 10


def mackey_glass(steps: int, *, delay: int = 17, seed: int = 0, skip: int = 1000) -> Tensor:
    """(T,) values, float64, one per unit of time, of dy/dt = 0.2 y(t-τ) / (1 + y(t-τ)¹⁰) - 0.1 y(t).

    T is ``steps``, τ is ``delay`` (17: mildly chaotic; 30: more so). Euler steps of 0.1, of which each tenth is kept
    (Mackey & Glass, 1977; the scheme of Jaeger, 2001; another scheme gives another series). The past begins
    at 1.2 plus noise from U(-0.1, 0.1), drawn from ``seed``; the first ``skip`` values (default 1,000) are left out.

    Raises UsageError for sizes that cannot be.

    >>> mackey_glass(4, seed=1).shape
    torch.Size([4])
    """
    for name, value, least in (("steps", steps, 0), ("delay", delay, 1), ("skip", skip, 0)):
        if value < least:
            raise UsageError(f"mackey_glass expected {name} of at least {least}; got {value}.")
    lag = delay * SUBSTEPS
    past = 1.2 + np.random.default_rng(seed).uniform(-0.1, 0.1, lag + 1)
    values: list[float] = past.tolist()
    for _ in range((skip + steps) * SUBSTEPS):
        now, then = values[-1], values[-1 - lag]
        values.append(now + (0.2 * then / (1 + then**10) - 0.1 * now) / SUBSTEPS)
    kept = values[lag + 1 + skip * SUBSTEPS :: SUBSTEPS]
    return torch.tensor(kept, dtype=torch.float64)


def nrmse(predicted: Tensor, truth: Tensor, variance: float) -> float:
    """sqrt(mean squared error / ``variance`` of the series): 0 is perfect, 1 is the series' mean as the forecast.

    >>> nrmse(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0]), variance=2.0)
    1.0
    """
    return math.sqrt(float(((predicted - truth) ** 2).mean()) / variance)
