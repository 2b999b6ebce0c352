"""A number for a text or a series."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.data.tables import Sought
from seqloom.errors import DataError
from seqloom.tasks.examples.estimator import Examples, Facts, Given
from seqloom.tasks.figures import Figures
from seqloom.tasks.inputs import inputs_from_json
from seqloom.tasks.measures import baselines_of_numbers, figures_of_numbers
from seqloom.tasks.measures.baselines import Baseline
from seqloom.tasks.measures.judged import judged_numbers
from seqloom.tasks.regression.settings import RegressorSettings
from seqloom.tasks.sequences.estimator import SequenceEstimator
from seqloom.tasks.sequences.network import SequenceModel
from seqloom.tasks.sequences.stream import AnswerStream
from seqloom.training.objectives import Numbers, Objective

__all__ = ["Regressor"]


class Regressor(SequenceEstimator):
    """Says a number of a text or a series: ŷ = mean + deviation · head(pool(layers(x))), both of the training part.

    ``fit`` takes what :class:`Classifier` takes, and a number for each example. ``loss`` "huber" is less than half of
    the squared error where that is above a deviation, so that few outliers do not decide. What is measured is in the
    unit of the numbers. ``fit`` learns ``model_``, ``facts_``, ``baselines_``, ``history_`` and ``validation_``.

    >>> series = [[float(k % 7), float(k % 5)] * 2 for k in range(40)]
    >>> model = Regressor("gru(8) + pool(last)", training={"epochs": 30}).fit(series, [sum(one) for one in series])
    >>> model.predict([[3.0, 2.0, 3.0, 2.0]]).shape
    (1,)
    """

    task, settings, estimator_kind = "regression", RegressorSettings, "regressor"
    sought = (Sought.NUMBER,)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """A number for each example (N,). How many are given at once changes nothing."""
        self._check_fitted("model_")
        return _in_units(self.facts_, self._scores_of(X))

    def score(self, X: Any, y: Any = None) -> float:
        """R² = 1 − Σ (y − ŷ)² / Σ (y − mean of y)²."""
        return self.evaluate(X, y).model["r2"]

    def stream(self) -> AnswerStream[float]:
        """The present number, while a sequence comes in; see :class:`AnswerStream`."""
        self._check_fitted("model_")
        facts = self.facts_
        assert isinstance(self.model_, SequenceModel)
        inputs = inputs_from_json(facts["inputs"])
        return AnswerStream(self.model_, inputs, lambda scores: float(_in_units(facts, scores.double().numpy())[0]))

    def _targets(self, y: Sequence[Any]) -> list[Any]:
        return [_number(place, one) for place, one in enumerate(y)]

    def _about_targets(self, y: Sequence[Any], before: Facts | None = None) -> Facts:
        if before is not None:
            return {name: before[name] for name in ("mean_of_y", "deviation_of_y")}
        deviation = float(np.std(y))
        return {"mean_of_y": float(np.mean(y)), "deviation_of_y": deviation if deviation > 0 else 1.0}

    def _as_tensor(self, facts: Facts, y: Sequence[Any]) -> Tensor:
        return torch.tensor([(one - facts["mean_of_y"]) / facts["deviation_of_y"] for one in y])

    def _outputs(self, facts: Facts) -> int:
        return 1

    def _objective(self, facts: Facts) -> Objective[Batch]:
        return Numbers(robust=self._settled(facts).loss == "huber")

    def _baselines(self, facts: Facts, X: Sequence[Any], y: Sequence[Any]) -> Sequence[Baseline]:
        return baselines_of_numbers(X, y)

    def _figures(self, facts: Facts, y: Sequence[Any], answers: Any) -> Mapping[str, float]:
        return figures_of_numbers(y, answers)

    def _watched(self, facts: Facts) -> str:
        return "mean_absolute_error"

    def _judge(
        self, facts: Facts, module: nn.Module, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Figures:
        y = given.y or []
        answers = _in_units(facts, self._scores(facts, module, examples))
        found = judged_numbers(y, answers, {one.name: one.answers(given.X) for one in baselines})
        notes = (found.verdict,) if found.verdict else ()
        return Figures(len(y), "examples", found.model, found.baselines, self._watched(facts), notes=notes)


def _in_units(facts: Facts, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = facts["mean_of_y"] + facts["deviation_of_y"] * scores[:, 0]
    return found


def _number(place: int, one: Any) -> Any:
    try:
        value = float(one)
    except (TypeError, ValueError):
        if one is None:
            return None
        raise DataError(f"y: row {place:,}: expected a number, got {one!r}.") from None
    if math.isinf(value):
        raise DataError(f"y: row {place:,}: expected a number, got {one!r}.")
    return value
