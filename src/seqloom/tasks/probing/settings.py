"""How a model is trained on a probe: one frozen record, checked as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqloom.settings import COUNT, POSITIVE, Range, Section, Settings

__all__ = ["ProbeSettings"]

_TRAINING, _LIMITS = Section("Training"), Section("Limits")
_FROM_ZERO = Range(least=0)


@dataclass(frozen=True)
class ProbeSettings(Settings):
    """Adam (Kingma & Ba, 2015) on fresh examples, its rate ``learning_rate`` after ``warmup_steps``.

    With ``cosine`` the rate falls to 0 over the run; ``clip_norm`` bounds the norm of the gradient (None: not at all).
    A run ends after ``steps`` or ``minutes``, or when the probe is solved, unless ``to_the_end``. It is judged every
    ``evaluate_every`` steps on ``held_out`` examples. Tokens enter by a learned table of ``embedding`` numbers, or,
    with None, one-hot up to 32 symbols and by a table of 64 above. Raises UsageError that names every problem.

    >>> ProbeSettings(steps=0, clip_norm=-1.0)
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: 2 problems in the settings of the probe:
      clip_norm: expected a number above 0 or None, got -1.0.
      steps: expected a whole number of at least 1, got 0.
    """

    title = "the settings of the probe"

    learning_rate: Annotated[float, POSITIVE, "Size of an update.", _TRAINING] = 0.002
    warmup_steps: Annotated[int, _FROM_ZERO, "Steps in which it rises from zero.", _TRAINING] = 0
    cosine: Annotated[bool, "Let it fall to zero over the run.", _TRAINING] = False
    clip_norm: Annotated[float | None, POSITIVE, "The longest gradient.", _TRAINING] = 1.0
    batch_size: Annotated[int, COUNT, "Examples of an update.", _TRAINING] = 32
    embedding: Annotated[
        int | None, COUNT, "Width of a learned embedding (default: one-hot up to 32 symbols).", _TRAINING
    ] = None
    steps: Annotated[int, COUNT, "Stop after so many updates.", _LIMITS] = 5000
    minutes: Annotated[float | None, POSITIVE, "Stop after so much time.", _LIMITS] = None
    to_the_end: Annotated[bool, "Go on after the probe is solved.", _LIMITS] = False
    evaluate_every: Annotated[int, COUNT, "Steps between judgements.", _LIMITS] = 200
    held_out: Annotated[int, COUNT, "Examples to judge on.", _LIMITS] = 1000
    seed: Annotated[int, _FROM_ZERO] = 0
