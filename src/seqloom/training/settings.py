"""What a training run is asked to do: one frozen record, checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from seqloom.errors import did_you_mean
from seqloom.settings import COUNT, LARGEST, POSITIVE, SHARE, Kind, Range, Section, Settings

__all__ = ["LIMITS", "OptimiserName", "Precision", "ScheduleName", "TrainingSettings"]


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


LIMITS = ("steps", "epochs", "minutes")
"""The settings that end a run; one of them is given."""
_TRAINING, _LIMITS = Section("Training"), Section("Limits and checkpoints")
_FROM_ZERO = Range(least=0)
_PART = Range(above=0, most=1)


class Device(Kind):
    """The name of a device."""

    metavar = "DEVICE"
    expected = ("auto", "cpu", "mps", "cuda", "cuda:N")

    def take(self, value: object) -> str:
        kind, _, index = value.partition(":") if isinstance(value, str) else ("", "", "")
        if value in self.expected[:-1] or (kind == "cuda" and index.isdecimal()):
            return str(value)
        raise ValueError(did_you_mean(str(value), self.expected[:-1]))


@dataclass(frozen=True)
class TrainingSettings(Settings):
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

    title = "the training settings"

    optimiser: Annotated[OptimiserName, "The rule of the updates.", _TRAINING] = OptimiserName.ADAMW
    learning_rate: Annotated[float, POSITIVE, "Size of an update.", _TRAINING] = 0.002
    weight_decay: Annotated[float, _FROM_ZERO, "Pull of the weights towards zero.", _TRAINING] = 0.01
    momentum: Annotated[float, SHARE, "Momentum of sgd.", _TRAINING] = 0.9
    schedule: Annotated[ScheduleName, "Course of the learning rate.", _TRAINING] = ScheduleName.COSINE
    warmup_steps: Annotated[int, _FROM_ZERO, "Steps in which the learning rate rises from zero.", _TRAINING] = 0
    clip_norm: Annotated[float | None, POSITIVE, "The longest gradient.", _TRAINING] = 1.0
    clip_value: Annotated[float | None, POSITIVE, "The largest element of a gradient.", _TRAINING] = None
    watch_gradients: Annotated[
        bool, "Write each layer's gradient, update, saturated gates and dead units too.", _TRAINING
    ] = False
    averaging: Annotated[
        float | None,
        _PART,
        "Judge and keep the mean of the weights over about this share of the run, its newest.",
        _TRAINING,
    ] = None
    accumulate: Annotated[int, COUNT, "Batches that one update sums over.", _TRAINING] = 1
    precision: Annotated[Precision, "Numbers to compute with.", _TRAINING] = Precision.FLOAT32
    device: Annotated[str, Device(), "auto, cpu, mps, cuda or cuda:N.", _TRAINING] = "auto"
    seed: Annotated[int, Range(least=0, below=LARGEST + 1), "Seed of everything random.", _TRAINING] = 0
    steps: Annotated[int | None, COUNT, "Stop after so many updates.", _LIMITS] = None
    epochs: Annotated[int | None, COUNT, "Stop after so many passes over the data.", _LIMITS] = 10
    minutes: Annotated[float | None, POSITIVE, "Stop after so much time, reading and scoring included.", _LIMITS] = None
    patience: Annotated[int | None, COUNT, "Stop after so many evaluations without progress.", _LIMITS] = None
    evaluate_every: Annotated[int | None, COUNT, "Steps between evaluations (default: one epoch).", _LIMITS] = None
    log_every: Annotated[int, COUNT, "Steps between lines of metrics.jsonl.", _LIMITS] = 50
    checkpoint_every_seconds: Annotated[float | None, POSITIVE, "Seconds between checkpoints.", _LIMITS] = 60.0
    checkpoint_every_steps: Annotated[int | None, COUNT, "Steps between checkpoints.", _LIMITS] = None

    def conflicts(self) -> Iterator[str]:
        if self.steps is None and self.epochs is None and self.minutes is None:
            yield "steps, epochs, minutes: expected at least one limit, got none."
