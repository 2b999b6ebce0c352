"""What a model is, and how good it was on what was held out."""

from __future__ import annotations

from typing import Any

from seqloom.inspection.report import Section, Table
from seqloom.tasks.figures import Figures
from seqloom.tasks.inspecting.figures import table_of
from seqloom.tasks.language.evaluation import Evaluation

__all__ = ["section"]


def section(estimator: Any) -> Section:
    """The answer for a report."""
    module = getattr(estimator, "model_", None)
    count = sum(weight.numel() for weight in module.parameters()) if module is not None else 0
    about = Table(("", ""), [("task", estimator.task), ("made by", estimator.code), ("weights", f"{count:,}")])
    found = getattr(estimator, "validation_", None)
    beside = [table_of(found)] if isinstance(found, Figures | Evaluation) else []
    says = found.notes if isinstance(found, Figures) else []
    return Section("What is it, and how good?", says, [about, *beside])
