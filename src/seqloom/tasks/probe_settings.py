"""How a model is trained on a probe: one frozen record, checked as a whole."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from seqloom.errors import raise_together

__all__ = ["ProbeSettings"]


@dataclass(frozen=True)
class ProbeSettings:
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

    learning_rate: float = 0.002
    warmup_steps: int = 0
    cosine: bool = False
    clip_norm: float | None = 1.0
    batch_size: int = 32
    embedding: int | None = None
    steps: int = 5000
    minutes: float | None = None
    to_the_end: bool = False
    evaluate_every: int = 200
    held_out: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        raise_together(self._problems(), "the settings of the probe")

    def _problems(self) -> Iterator[str]:
        for name, optional in (("learning_rate", ""), ("clip_norm", " or None"), ("minutes", " or None")):
            value = getattr(self, name)
            if not (_is_number(value) or (optional and value is None)):
                yield f"{name}: expected a number above 0{optional}, got {value!r}."
        for name in ("batch_size", "steps", "evaluate_every", "held_out", "warmup_steps", "seed", "embedding"):
            value, least = getattr(self, name), 0 if name in ("warmup_steps", "seed") else 1
            whole = type(value) is int and value >= least
            if not (whole or (name == "embedding" and value is None)):
                yield f"{name}: expected a whole number of at least {least}, got {value!r}."


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and 0 < float(value) < math.inf  # type: ignore[arg-type]
