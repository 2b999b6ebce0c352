"""What an objective measures of a model, beside what needs no model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

__all__ = ["Figures", "none_right"]


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        value = self.model.get(self.watched, math.nan)
        said = f"{self.watched.replace('_', ' ')} {value:.3f} over {self.count:,.0f} {self.counted}"
        chosen = "" if self.chosen_among == 1 else f", the best of {self.chosen_among} evaluations on these very data"
        verdict = self.verdict() if self.watched in self.model else ""
        return f"<Figures: {said}{chosen}{verdict and f'. {verdict}'}>"

    def _repr_html_(self) -> str:
        from seqloom.tasks.inspecting.figures import table_of

        return table_of(self)._repr_html_()

    def beside(self, name: str, other: Figures) -> Figures:
        """The same with the figures of another model among the baselines."""
        return replace(self, baselines={**self.baselines, name: other.model})

    def verdict(self) -> str:
        """What the watched figure says beside that of the best baseline, in a sentence; nothing without a baseline.

        >>> print(Figures(9, "texts", {"loss": 0.4}, {"a copy": {"loss": 0.5}}).verdict())
        The best baseline, a copy, is beaten: loss 0.400, below 0.500.
        """
        sign = 1 if self.higher_is_better else -1
        beside = {name: figures.get(self.watched, math.nan) for name, figures in self.baselines.items()}
        beside = {name: value for name, value in beside.items() if math.isfinite(value)}
        if not beside:
            return ""
        name = max(beside, key=lambda one: sign * beside[one])
        ours, theirs, what = self.model[self.watched], beside[name], self.watched.replace("_", " ")
        all_wrong = all(figures.get("exact") == 0 for figures in (self.model, *self.baselines.values()))
        if ours == theirs and (all_wrong or (self.higher_is_better and ours == 0)):
            return none_right(self.watched, ours)
        if sign * ours > sign * theirs:
            above = "above" if self.higher_is_better else "below"
            return f"The best baseline, {name}, is beaten: {what} {ours:.3f}, {above} {theirs:.3f}."
        return f"No better than the baseline {name}, whose {what} is {theirs:.3f}; that of the model is {ours:.3f}."

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


def none_right(figure: str, value: float) -> str:
    """What is to be said where a figure has the value of all that is wrong, of the model and of all beside it."""
    return f"Neither the model nor a baseline got one right: {figure.replace('_', ' ')} {value:.3f}."


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _numbers(values: Mapping[str, float | None]) -> dict[str, float]:
    return {str(name): math.nan if value is None else float(value) for name, value in values.items()}
