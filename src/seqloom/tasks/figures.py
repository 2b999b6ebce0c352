"""What an objective measures of a model, beside what needs no model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

__all__ = ["Figures"]


@dataclass(frozen=True)
class Figures:
    """The figures of ``count`` targets by name, and those of each trivial baseline by its name.

    ``watched`` is the one that counts most. ``remark`` says in words which part of the data this is; where these very
    data chose the weights, as the best of several evaluations, ``chosen_among`` is their number. ``notes`` are for
    people, of a line or more each.

    >>> Figures(4, "examples", {"loss": 0.5}, {"constant": {"loss": 0.7}}).to_mapping()["baselines"]
    {'constant': {'loss': 0.7}}
    """

    count: float
    counted: str
    model: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    watched: str = "loss"
    remark: str = ""
    chosen_among: int = 1
    higher_is_better: bool = False
    notes: Sequence[str] = ()

    def beside(self, name: str, other: Figures) -> Figures:
        """The same with the figures of another model among the baselines."""
        return replace(self, baselines={**self.baselines, name: other.model})

    def to_mapping(self) -> dict[str, Any]:
        """Everything by name, ready for JSON; None where there is no finite number."""
        found = asdict(self)
        found["model"] = _finite(self.model)
        found["baselines"] = {name: _finite(figures) for name, figures in self.baselines.items()}
        return found

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Figures:
        """The inverse of :meth:`to_mapping`."""
        baselines = {str(name): _numbers(figures) for name, figures in values["baselines"].items()}
        notes = tuple(values.get("notes", ()))
        return cls(**{**values, "model": _numbers(values["model"]), "baselines": baselines, "notes": notes})


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _numbers(values: Mapping[str, float | None]) -> dict[str, float]:
    return {str(name): math.nan if value is None else float(value) for name, value in values.items()}
