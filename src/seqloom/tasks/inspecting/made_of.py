"""What a model is made of: its parts as a picture, and the equations of its cells."""

from __future__ import annotations

from typing import Any

from torch import nn

from seqloom.cells.formula import equations_of
from seqloom.cells.mathml import LEGEND
from seqloom.inspection.diagrams.model import draw_model
from seqloom.inspection.report import Formulas, Section
from seqloom.models.parts import cells_of
from seqloom.tasks.estimator import NotFittedError

__all__ = ["module_of", "section"]


def section(estimator: Any, command: str) -> Section:
    """The answer for a report."""
    module = module_of(estimator)
    cells = cells_of(module)
    formulas = [Formulas(equations_of(graph).lines, says=f"A step of {name}") for name, graph in cells.items()]
    says = ["B is the batch, T the steps of a row; the last number is how many features each step has."]
    return Section(
        "What is it made of?",
        [*says, LEGEND] if cells else says,
        [draw_model(module).figure(), *formulas],
        command,
    )


def module_of(estimator: Any) -> nn.Module:
    """The network of an estimator; NotFittedError where there is none yet."""
    module = getattr(estimator, "model_", None)
    if not isinstance(module, nn.Module):
        raise NotFittedError(f"This {type(estimator).__name__} has learned nothing yet. Call fit, or load, first.")
    return module
