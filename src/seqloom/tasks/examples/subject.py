"""A trained estimator over examples, as an inspection looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

from seqloom.data.batch import Batch
from seqloom.models.halves import Halves
from seqloom.tasks.examples.observing import names_of_steps
from seqloom.tasks.examples.values import taken
from seqloom.tasks.inspecting.subject import NoHalvesError, Subject

if TYPE_CHECKING:
    from seqloom.tasks.examples.estimator import ExampleEstimator

__all__ = ["subject_of"]

_MOST = 64


def subject_of(estimator: ExampleEstimator, X: Any, y: Any) -> Subject:
    """The first 64 examples. NoHalvesError for a task whose model has no two halves."""
    facts, model = estimator.facts_, estimator.model_
    given = taken(estimator, X, y, facts, targets=False)
    if not isinstance(model, Halves):
        raise NoHalvesError(f"The model of a {type(estimator).__name__} cannot be looked at in halves yet.")
    given = given.rows(range(min(_MOST, len(given.X))))
    examples, objective = estimator._examples(facts, given.X, given.y), estimator._objective(facts)
    steps = names_of_steps(facts, given.X)
    names = estimator._answer_names(facts)
    one_each = given.y is not None and isinstance(examples.targets, Tensor)

    def loss(batch: Batch) -> Tensor:
        return objective.loss(model, batch, None)[0]

    return Subject(
        model,
        list(examples.batches()),
        lambda row: steps[row] if steps else (),
        lambda place: names[place] if place < len(names) else f"answer {place}",
        loss if one_each else None,
        objective.unit,
    )
