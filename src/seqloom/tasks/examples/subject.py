"""A trained estimator over examples, as an inspection looks at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.layers.fronts.picture import CellFront
from seqloom.models.halves import Halves
from seqloom.tasks.examples.observing import names_of_steps
from seqloom.tasks.examples.values import Facts, Given
from seqloom.tasks.inputs.kinds import inputs_from_json
from seqloom.tasks.inputs.pictures import PictureInputs
from seqloom.tasks.inputs.series import SeriesInputs
from seqloom.tasks.inspecting.subject import NoHalvesError, Pixels, Subject

if TYPE_CHECKING:
    from seqloom.tasks.examples.estimator import ExampleEstimator

__all__ = ["subject_of"]

_MOST, _AT_ONCE = 64, 8


def subject_of(estimator: ExampleEstimator, given: Given) -> Subject:
    """The first 64 examples. NoHalvesError for a task whose model has no two halves."""
    facts, model = estimator.facts_, estimator.model_
    if not isinstance(model, Halves):
        raise NoHalvesError(f"The model of a {type(estimator).__name__} cannot be looked at in halves yet.")
    given = given.rows(range(min(_MOST, len(given.X))))
    examples, objective = estimator._examples(facts, given.X, given.y), estimator._objective(facts)
    steps = names_of_steps(facts, given.X)
    one_each = given.y is not None and isinstance(examples.targets, Tensor) and examples.targets.ndim == 1

    def loss(batch: Batch) -> Tensor:
        return objective.loss(model, batch, None)[0]

    return Subject(
        model,
        list(examples.batches(_AT_ONCE)),
        lambda row: steps[row] if steps else (),
        estimator._explained(facts),
        loss if one_each else None,
        objective.unit,
        looks=_looks(model, facts, given.X),
    )


def _looks(model: nn.Module, facts: Facts, X: Sequence[Any]) -> Callable[[int], NDArray[np.floating] | Pixels | None]:
    """What examples look like that are series, or pictures read as squares."""
    inputs = inputs_from_json(facts["inputs"]) if "inputs" in facts else None
    front = next((part for part in model.modules() if isinstance(part, CellFront)), None)
    if isinstance(inputs, PictureInputs) and front is not None:
        return lambda row: Pixels(inputs.pixels(row, X[row]), front.rows, front.columns)
    if isinstance(inputs, SeriesInputs):
        return lambda row: np.asarray(X[row], dtype=np.float64)
    return lambda row: None
