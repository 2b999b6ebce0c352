"""The Mackey-Glass series: a chaotic process whose next value depends on one far back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.probes.answers import Answer, NumberAnswer
from seqloom.probes.probe import Baseline, Examples, Measures, Probe

__all__ = ["MackeyGlass", "mackey_glass", "nrmse"]

SUBSTEPS = 10
CHAOTIC = 17
SKIPPED, PHASES = 300, 100
TOLERANCE = 0.04


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
    values: list[float] = _past(np.random.default_rng(seed), lag + 1).tolist()
    for _ in range((skip + steps) * SUBSTEPS):
        values.append(_following(values[-1], values[-1 - lag]))
    kept = values[lag + 1 + skip * SUBSTEPS :: SUBSTEPS]
    return torch.tensor(kept, dtype=torch.float64)


def _past(rng: np.random.Generator, shape: int | tuple[int, int]) -> Any:
    return 1.2 + rng.uniform(-0.1, 0.1, shape)


def _following(now: Any, then: Any) -> Any:
    """The value an Euler step after ``now``."""
    return now + (0.2 * then / (1 + then**10) - 0.1 * now) / SUBSTEPS


def nrmse(predicted: Tensor, truth: Tensor, variance: float) -> float:
    """sqrt(mean squared error / ``variance`` of the series): 0 is perfect, 1 is the series' mean as the forecast.

    >>> nrmse(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0]), variance=2.0)
    1.0
    """
    return math.sqrt(float(((predicted - truth) ** 2).mean()) / variance)


@final
@dataclass(frozen=True)
class MackeyGlass(Probe):
    """Forecast a chaotic series, ``ahead`` steps at once.

    The values of ``length`` steps (default 200) of the series are read; in the second half the value ``ahead`` steps
    later (default 84) is asked at every step. Each row is a series of its own. Solved with sqrt(mean squared error /
    variance) below 0.032, that of the best forecasts before echo-state networks, as Jaeger (2001) quotes them for
    τ = 17 (``delay``).

    Baseline: the mean of a series of 20,000 steps.

    >>> examples = MackeyGlass(length=20).draw(3)
    >>> examples.inputs.shape, int(examples.scored.sum())
    (torch.Size([3, 20, 1]), 30)
    """

    length: int = 200
    ahead: int = 84
    delay: int = 17

    name = "mackey-glass"
    tokens = False
    causal = True

    @property
    def in_features(self) -> int:
        return 1

    @property
    def answer(self) -> Answer:
        return NumberAnswer(TOLERANCE)

    def baseline(self) -> Baseline:
        return _of_the_mean(self.delay)

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return math.sqrt(measures.loss / self.baseline().loss) < 0.032

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        lag, time = self.delay * SUBSTEPS, self.length + self.ahead
        values = np.empty((lag + 1 + (SKIPPED + PHASES + time) * SUBSTEPS, count))
        values[: lag + 1] = _past(rng, (lag + 1, count)) - rng.uniform(0, 1, count)
        for k in range(lag + 1, len(values)):
            values[k] = _following(values[k - 1], values[k - 1 - lag])
        # Pasts of all levels, begun at any phase: else the rows would still rise and fall together.
        begin = lag + 1 + (SKIPPED + rng.integers(PHASES, size=count)) * SUBSTEPS
        places = begin[:, None] + np.arange(time) * SUBSTEPS
        series = torch.from_numpy(values[places, np.arange(count)[:, None]].astype(np.float32)) - 1
        scored = torch.zeros(count, self.length, dtype=torch.bool)
        scored[:, self.length // 2 :] = True
        return Examples(series[:, : self.length, None], series[:, self.ahead :], scored)

    def _problems(self) -> Iterator[str]:
        if self.delay < CHAOTIC:
            yield f"mackey-glass: below a delay of {CHAOTIC} the series is not chaotic; got {self.delay}."


@lru_cache(maxsize=16)
def _of_the_mean(delay: int) -> Baseline:
    """What the mean of a long series reaches on it."""
    distances = mackey_glass(20_000, delay=delay)
    distances = distances - distances.mean()
    return Baseline(float(distances.square().mean()), float((distances.abs() < TOLERANCE).double().mean()))
