"""The one contract of all probes: examples from a seed, the trivial baseline, and when a probe is solved.

Axes: B rows (examples), T time, D values, K outputs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import ClassVar, NamedTuple

import numpy as np
from torch import Tensor

from seqloom.errors import UsageError, raise_together
from seqloom.probes.answers import Answer

__all__ = ["Baseline", "Examples", "Measures", "Probe", "Seed"]

Seed = int | tuple[int, ...]
"""Whole numbers of at least 0; a tuple names a place in a family, such as (run, step)."""


class Examples(NamedTuple):
    """Sequences with their answers.

    ``inputs`` are tokens (B, T) of int64 or values (B, T, D) of float32. ``targets`` (B, T) count where ``scored``
    (B, T) is true. ``lengths`` (B,) are given when rows end early. ``allowed`` (B, T, K) marks every right answer
    where there may be several.
    """

    inputs: Tensor
    targets: Tensor
    scored: Tensor
    lengths: Tensor | None = None
    allowed: Tensor | None = None

    def rows(self, begin: int, end: int) -> Examples:
        """The rows from ``begin`` up to ``end``."""
        return Examples(*(None if part is None else part[begin:end] for part in self))  # type: ignore[arg-type]


class Measures(NamedTuple):
    """How a model does: mean ``loss`` of the scored steps, the share of them that is right (``accuracy``), and the
    share of sequences without a wrong step (``whole``)."""

    loss: float
    accuracy: float
    whole: float


class Baseline(NamedTuple):
    """What the best answer reaches that knows the step but reads nothing (unless the probe says otherwise)."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Probe(ABC):
    """A generated task with a known answer; its fields are its sizes.

    ``name`` is its word on the command line. ``tokens`` says whether it is read as symbols or as values,
    ``in_features`` how many there are of them, ``causal`` that a model which sees later inputs would see the answers.
    Raises UsageError for sizes that make no sense.
    """

    name: ClassVar[str]
    tokens: ClassVar[bool] = True
    causal: ClassVar[bool] = False

    def __post_init__(self) -> None:
        raise_together(
            f"{self.name}: expected {name} as a whole number of at least 1, got {value!r}."
            for name, value in self.sizes().items()
            if type(value) is not int or value < 1
        )
        raise_together(self._problems())

    @property
    @abstractmethod
    def in_features(self) -> int:
        """The number of symbols, or of values at a step."""

    @property
    @abstractmethod
    def answer(self) -> Answer:
        """What is asked at a scored step."""

    @abstractmethod
    def baseline(self) -> Baseline:
        """What can be had for nothing."""

    @abstractmethod
    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        """Success by the criterion of the literature; ``longer`` was measured on ``self.longer()``."""

    @abstractmethod
    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        """``count`` examples from a generator of random numbers."""

    def longer(self) -> Probe | None:
        """The longer sequences that a solution must hold on, where the criterion asks for them."""
        return None

    def draw(self, count: int, seed: Seed = 0) -> Examples:
        """``count`` examples; the same for the same count and seed."""
        if count < 1:
            raise UsageError(f"{self.name}: expected at least 1 example, got {count!r}.")
        return self._draw(count, np.random.default_rng(seed))

    def sizes(self) -> dict[str, int]:
        """The fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value}' for name, value in self.sizes().items())})"

    def _problems(self) -> Iterable[str]:
        """What does not fit together in sizes that are whole numbers of at least 1."""
        return ()
