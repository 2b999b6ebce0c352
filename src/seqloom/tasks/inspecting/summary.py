"""What a model is, and how good it was on what was held out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqloom.inspection.report import Section, Table
from seqloom.tasks.figures import Figures

__all__ = ["section"]


def section(estimator: Any) -> Section:
    """The answer for a report."""
    module = getattr(estimator, "model_", None)
    count = sum(weight.numel() for weight in module.parameters()) if module is not None else 0
    about = Table(("", ""), [("task", estimator.task), ("made by", repr(estimator)), ("weights", f"{count:,}")])
    found = getattr(estimator, "validation_", None)
    if found is None:
        return Section("What is it, and how good?", [], [about])
    if isinstance(found, Figures):
        return Section("What is it, and how good?", found.notes, [about, _beside(found.baselines, found.model)])
    nats = {**found.baselines, "this model": found.nats_per_token}
    ordered = sorted(nats.items(), key=lambda pair: -pair[1])
    lines = Table(("held out", "nats per token"), [(name, f"{value:.3f}") for name, value in ordered])
    return Section("What is it, and how good?", [], [about, lines])


def _beside(baselines: Mapping[str, Mapping[str, float]], model: Mapping[str, float]) -> Table:
    columns = [name for name in model if " of " not in name]
    lines = [
        (name, *(f"{values[column]:.3f}" if column in values else "" for column in columns))
        for name, values in {**baselines, "this model": model}.items()
    ]
    return Table(("held out", *(column.replace("_", " ") for column in columns)), lines)
