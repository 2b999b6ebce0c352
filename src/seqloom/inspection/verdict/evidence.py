"""What is known of a model and its training, for a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from seqloom.inspection.memory.context import ContextCurve
from seqloom.inspection.memory.curve import LagCurve
from seqloom.inspection.signs import Signs
from seqloom.layers.spec import Spec

__all__ = ["Evidence"]

_LEARNED: Final = 0.1
_SOLVED: Final = 0.02
_SIGMAS: Final = 3.0
_SHARE: Final = 0.02


@dataclass(frozen=True)
class Evidence:
    """Whatever was measured; what was not is left out, and what depends on it is not judged.

    ``inputs`` and ``states`` are the influences of :func:`input_influence` and :func:`state_influence` by layer, the
    latter of those that keep a state. ``cut`` and ``shuffled`` are the loss by context, ``signs`` those of gates and
    units, ``records`` those of metrics.jsonl, ``words`` the model's, and ``window`` the steps that training saw at once
    of something longer.
    """

    inputs: Mapping[str, LagCurve] = field(default_factory=dict)
    states: Mapping[str, LagCurve] = field(default_factory=dict)
    cut: ContextCurve | None = None
    shuffled: ContextCurve | None = None
    signs: Signs = Signs({}, {}, {})
    records: Sequence[Mapping[str, Any]] = ()
    words: Spec | None = None
    window: int | None = None

    @property
    def steps(self) -> int:
        """The steps over which influence was measured."""
        return max((int(curve.lags[-1]) for curve in self.inputs.values()), default=0)

    @property
    def first_loss(self) -> float | None:
        """The loss of the first update, before anything was learned."""
        return next((record["first_loss"] for record in self.records if "first_loss" in record), None)

    @property
    def last_loss(self) -> float:
        """The loss of the newest updates; nan where there are no records."""
        return float(self.records[-1]["loss"]) if self.records else math.nan

    @property
    def has_learned(self) -> bool | None:
        """Whether the loss fell by a tenth of what it was at first; None where that is not known."""
        if self.first_loss is None:
            return None
        return self.first_loss - self.last_loss > _LEARNED * abs(self.first_loss)

    @property
    def has_solved(self) -> bool:
        """Whether a fiftieth of the first loss is left, or less: as far as that is known."""
        return self.first_loss is not None and 0 <= self.last_loss <= _SOLVED * self.first_loss

    @property
    def largest_update(self) -> float | None:
        """The largest update that was recorded, as a share of the weights, of the middle layer."""
        return max((median(r["update_shares"].values()) for r in self.records if r.get("update_shares")), default=None)

    @property
    def is_clipped(self) -> bool:
        """Whether gradients were shortened."""
        return any(record.get("clipped", 0) > 0 for record in self.records)

    @property
    def needs_past(self) -> bool | None:
        """Whether the loss is higher where all but the last step is cut off; None where that is not known."""
        return None if self.cut is None else beyond_noise(self.cut, 0)

    @property
    def needs_order(self) -> bool | None:
        """Whether the loss is higher where all but the last step is shuffled; None where that is not known."""
        return None if self.shuffled is None else beyond_noise(self.shuffled, 0)


def beyond_noise(curve: ContextCurve, place: int) -> bool:
    """Whether the loss with the context at ``place`` is above the whole one by three standard errors, and 2 %."""
    more, whole = float(curve.losses[place] - curve.losses[-1]), abs(float(curve.losses[-1]))
    return more > max(_SIGMAS * float(curve.errors[place]), _SHARE * whole)
