"""How well a module does on examples, and how well simple models do."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.data.padded import Targets, chosen, pad
from seqloom.tasks.examples.values import Examples, Facts, Given
from seqloom.tasks.figures import Figures
from seqloom.training.evaluation import evaluate
from seqloom.training.objectives import Objective, added

if TYPE_CHECKING:
    from seqloom.tasks.examples.estimator import ExampleEstimator
    from seqloom.tasks.measures.baselines import Baseline

__all__ = ["figures_of", "measured", "simple_figures"]


def measured(estimator: ExampleEstimator, facts: Facts, module: nn.Module, examples: Examples) -> Figures:
    """The figures of the objective."""
    objective = estimator._objective(facts)
    found = evaluate(objective, module, examples.batches())
    return Figures(
        float(found["weight"]),
        objective.counted,
        objective.figures(found),
        watched=objective.watched,
        higher_is_better=objective.higher_is_better,
    )


def simple_figures(
    estimator: ExampleEstimator, facts: Facts, baselines: Sequence[Baseline], given: Given, examples: Examples
) -> dict[str, Mapping[str, float]]:
    """The figures of what needs no module: constant answers, and simple models."""
    found = {one.name: estimator._figures(facts, given.y or [], one.answers(given.X)) for one in baselines}
    return _constant_figures(estimator, facts, examples) | found


def _constant_figures(estimator: ExampleEstimator, facts: Facts, examples: Examples) -> dict[str, Mapping[str, float]]:
    objective, count = estimator._objective(facts), len(examples.targets)
    return {
        name: figures_of(objective, outputs.expand(count, *outputs.shape), examples)
        for name, outputs in estimator._constants(facts).items()
    }


def figures_of(objective: Objective[Batch], outputs: Targets, examples: Examples) -> Mapping[str, float]:
    """The figures of what a module would say of the examples: ``outputs`` (N, …), or a tensor (T, …) for each."""
    batches = examples.batches()
    sums = []
    for index, batch in enumerate(batches):
        said = chosen(outputs, batches.rows(index).tolist())
        module = _Said(said if isinstance(said, Tensor) else pad(said)[0])
        sums.append(objective.sums(module, batch, None)[0])
    return objective.figures(functools.reduce(added, sums))


class _Said(nn.Module):
    """These outputs, whatever is asked."""

    def __init__(self, outputs: Tensor) -> None:
        super().__init__()
        self.outputs = outputs

    def forward(self, *_: Any, **__: Any) -> Tensor:
        return self.outputs
