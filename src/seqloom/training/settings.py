"""What a training run is asked to do: one frozen record, checked as a whole."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Any

from seqloom.errors import UsageError, did_you_mean, raise_together

__all__ = ["OptimiserName", "Precision", "ScheduleName", "TrainingSettings"]


class OptimiserName(StrEnum):
    """The rule that turns gradients into updates."""

    ADAMW = "adamw"
    ADAM = "adam"
    RMSPROP = "rmsprop"
    SGD = "sgd"


class ScheduleName(StrEnum):
    """How the learning rate moves over the run."""

    CONSTANT = "constant"
    LINEAR = "linear"
    COSINE = "cosine"
    PLATEAU = "plateau"


class Precision(StrEnum):
    """The numbers that the forward and backward pass compute with; weights stay float32."""

    FLOAT32 = "32-true"
    BFLOAT16 = "bf16-mixed"


@dataclasses.dataclass(frozen=True)
class TrainingSettings:
    """How to train, and until when. A run ends at the first of its limits (``steps``, ``epochs``, ``minutes``).

    A *step* is one update of the weights, computed from ``accumulate`` windows. ``None`` switches a mechanism off,
    or leaves it to its default: ``evaluate_every`` (steps) then is once an epoch.

    >>> TrainingSettings(learning_rate=0.001, steps=100).optimiser.value
    'adamw'
    >>> TrainingSettings(optimiser="adamww", clip_norm=-1.0)
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: 2 problems in the training settings:
      optimiser: expected one of adamw, adam, rmsprop, sgd, got 'adamww'. Did you mean 'adamw'?
      clip_norm: expected a number above 0 or None, got -1.0.
    """

    optimiser: OptimiserName = OptimiserName.ADAMW
    learning_rate: float = 0.002
    weight_decay: float = 0.01
    momentum: float = 0.9
    schedule: ScheduleName = ScheduleName.COSINE
    warmup_steps: int = 0
    clip_norm: float | None = 1.0
    clip_value: float | None = None
    accumulate: int = 1
    precision: Precision = Precision.FLOAT32
    device: str = "auto"
    seed: int = 0
    steps: int | None = None
    epochs: int | None = 10
    minutes: float | None = None
    patience: int | None = None
    evaluate_every: int | None = None
    log_every: int = 50
    checkpoint_every_seconds: float | None = 60.0
    checkpoint_every_steps: int | None = None

    def __post_init__(self) -> None:
        problems = [problem for name in _ENUMS if (problem := self._coerce(name))]
        problems += [
            f"{name}: expected {rule.text}, got {value!r}."
            for name, rule in _RULES.items()
            if not rule.holds(value := getattr(self, name))
        ]
        if self.steps is None and self.epochs is None and self.minutes is None:
            problems.append("steps, epochs, minutes: expected at least one limit, got none.")
        if not _is_device(self.device):
            problems.append(
                f"device: expected auto, cpu, mps, cuda or cuda:N, got {self.device!r}."
                + did_you_mean(str(self.device), ("auto", "cpu", "cuda", "mps"))
            )
        raise_together(problems, "the training settings")

    def _coerce(self, name: str) -> str | None:
        kind, value = _ENUMS[name], getattr(self, name)
        try:
            object.__setattr__(self, name, kind(value))
        except ValueError:
            words = [member.value for member in kind]
            return f"{name}: expected one of {', '.join(words)}, got {value!r}." + did_you_mean(str(value), words)
        return None

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> TrainingSettings:
        """Build the settings from plain names and values (TOML, JSON, flags), naming every problem at once.

        >>> TrainingSettings.from_mapping({"learning_rte": 1, "steps": 0})
        Traceback (most recent call last):
        ...
        seqloom.errors.UsageError: 2 problems in the training settings:
          learning_rte: no such setting. Did you mean 'learning_rate'?
          steps: expected a whole number of at least 1 or None, got 0.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        problems = [f"{key}: no such setting.{did_you_mean(key, names)}" for key in values if key not in names]
        try:
            settings = cls(**{key: value for key, value in values.items() if key in names})
        except UsageError as error:
            problems += error.problems
        raise_together(problems, "the training settings")
        return settings

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values that JSON and TOML can hold, and ``from_mapping`` takes back."""
        return {
            field.name: value.value if isinstance(value := getattr(self, field.name), Enum) else value
            for field in dataclasses.fields(self)
        }


def _is_device(text: object) -> bool:
    if not isinstance(text, str):
        return False
    kind, _, index = text.partition(":")
    return text in ("auto", "cpu", "mps", "cuda") or (kind == "cuda" and index.isdecimal())


@dataclasses.dataclass(frozen=True)
class _Range:
    """The values that a setting may take."""

    lowest: float
    whole: bool = False
    exclusive: bool = False
    optional: bool = False
    below: float = math.inf

    def holds(self, value: object) -> bool:
        if value is None:
            return self.optional
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            return False
        above = value > self.lowest if self.exclusive else value >= self.lowest
        return above and value < self.below

    @property
    def text(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        bound = f"above {self.lowest:g}" if self.exclusive else f"of at least {self.lowest:g}"
        upper = f" and below {self.below:g}" if self.below < math.inf else ""
        return f"{kind} {bound}{upper}{' or None' if self.optional else ''}"


_ENUMS: dict[str, type[Enum]] = {"optimiser": OptimiserName, "schedule": ScheduleName, "precision": Precision}
_POSITIVE = _Range(0, exclusive=True)
_MAYBE_POSITIVE = _Range(0, exclusive=True, optional=True)
_COUNT = _Range(1, whole=True)
_MAYBE_COUNT = _Range(1, whole=True, optional=True)
_RULES = {
    "learning_rate": _POSITIVE,
    "weight_decay": _Range(0),
    "momentum": _Range(0, below=1),
    "warmup_steps": _Range(0, whole=True),
    "clip_norm": _MAYBE_POSITIVE,
    "clip_value": _MAYBE_POSITIVE,
    "accumulate": _COUNT,
    "seed": _Range(0, whole=True, below=2**63),
    "steps": _MAYBE_COUNT,
    "epochs": _MAYBE_COUNT,
    "minutes": _MAYBE_POSITIVE,
    "patience": _MAYBE_COUNT,
    "evaluate_every": _MAYBE_COUNT,
    "log_every": _COUNT,
    "checkpoint_every_seconds": _MAYBE_POSITIVE,
    "checkpoint_every_steps": _MAYBE_COUNT,
}
