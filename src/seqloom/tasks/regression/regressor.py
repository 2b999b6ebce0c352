"""A number for a text or a series, or for each step of a series."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from seqloom.data.batch import Batch
from seqloom.data.folders import LabelledTexts
from seqloom.data.padded import Targets
from seqloom.data.tables import Sought
from seqloom.errors import DataError
from seqloom.tasks.examples.estimator import Examples, Facts, Given, over
from seqloom.tasks.figures import Figures
from seqloom.tasks.inputs import SeriesInputs, inputs_from_json
from seqloom.tasks.inspecting.excerpts import excerpts
from seqloom.tasks.inspecting.subject import Asked
from seqloom.tasks.measures import baselines_of_numbers, figures_of_numbers
from seqloom.tasks.measures.baselines import Baseline
from seqloom.tasks.measures.judged import judged_numbers
from seqloom.tasks.regression.settings import RegressorSettings
from seqloom.tasks.sequences.estimator import SequenceEstimator
from seqloom.tasks.sequences.network import SequenceModel, StepModel, build_step_model
from seqloom.tasks.sequences.said import Said
from seqloom.tasks.sequences.stream import AnswerStream
from seqloom.training.objectives import Numbers, Objective, StepNumbers

if TYPE_CHECKING:
    from seqloom.inspection.errors import Mistakes

__all__ = ["Regressor"]


class Regressor(SequenceEstimator):
    """Says a number of a text or a series: ŷ = mean + deviation · head(pool(layers(x))), both of the training part.

    ``fit`` takes what :class:`Classifier` takes, and a number for each example; or of series a list of numbers each,
    one for each step: then nothing is pooled, ŷ_t = mean + deviation · head(layers(x)_t). ``loss`` "huber" is less than
    half of the squared error where that is above a deviation, so that few outliers do not decide. What is measured is
    in the unit of the numbers. ``fit`` learns ``model_``, ``facts_``, ``baselines_``, ``history_`` and ``validation_``.

    >>> series = [[float(k % 7), float(k % 5)] * 2 for k in range(40)]
    >>> model = Regressor("gru(8) + pool(last)", training={"epochs": 30}).fit(series, [sum(one) for one in series])
    >>> model.predict([[3.0, 2.0, 3.0, 2.0]]).shape
    (1,)
    """

    task, settings, estimator_kind = "regression", RegressorSettings, "regressor"
    sought = (Sought.NUMBER,)

    def predict(self, X: Any) -> Any:
        """A number for each example (N,), or for each an array (T,). How many are given at once changes nothing."""
        self._check_fitted("model_")
        if _of_steps(self.facts_):
            return [numbers for rows in self._over(X, _by_row) for numbers in rows]
        return _in_units(self.facts_, self._scores_of(X))

    def score(self, X: Any, y: Any = None) -> float:
        """R² = 1 − Σ (y − ŷ)² / Σ (y − mean of y)², of all steps where there are numbers of these."""
        return self.evaluate(X, y).model["r2"]

    def stream(self) -> AnswerStream[float]:
        """The present number, while a sequence comes in; see :class:`AnswerStream`."""
        self._check_fitted("model_")
        facts = self.facts_
        assert isinstance(self.model_, SequenceModel | StepModel)
        inputs = inputs_from_json(facts["inputs"])
        return AnswerStream(self.model_, inputs, lambda scores: float(_in_units(facts, scores.double().numpy())[0]))

    def said(self, file: str | Path | LabelledTexts) -> Said:
        """The answers to the examples of a file or folder, a number each, or one for each step."""
        return super().said(file)._replace(of_steps=_of_steps(self.facts_))

    def _columns(self, X: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
        found = super()._columns(X)
        return {name: [one.tolist() for one in column] for name, column in found.items()}

    def _mistakes(self, given: Given) -> Mistakes | None:
        from seqloom.tasks.regression.mistakes import mistakes_of_numbers

        if _of_steps(self.facts_):
            return None
        others = {one.name: one.answers(given.X) for one in self.baselines_}
        lengths = inputs_from_json(self.facts_["inputs"]).lengths(given.X)
        return mistakes_of_numbers(excerpts(given), lengths, given.y or [], self.predict(given.X), others)

    def _targets(self, y: Sequence[Any]) -> list[Any]:
        of_steps = {_has_steps(one) for one in y}
        if len(of_steps) > 1:
            raise DataError("y: expected a number for each example, or a list of numbers for each; got both.")
        if True in of_steps:
            return [[_number(place, one) for one in steps] for place, steps in enumerate(y)]
        return [_number(place, one) for place, one in enumerate(y)]

    def _about_targets(self, y: Sequence[Any], before: Facts | None = None) -> Facts:
        if before is not None:
            return {name: before[name] for name in ("mean_of_y", "deviation_of_y", "of_steps") if name in before}
        numbers = _flat(y)
        deviation = float(np.std(numbers))
        found = {"mean_of_y": float(np.mean(numbers)), "deviation_of_y": deviation if deviation > 0 else 1.0}
        return found | ({"of_steps": True} if _has_steps(y[0]) else {})

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        found = super()._pick(facts)
        if not _of_steps(facts):
            return found
        return {**found, "model": found["model"].partition(" + pool")[0]}

    def _examples(self, facts: Facts, X: Sequence[Any], y: Sequence[Any] | None) -> Examples:
        found = super()._examples(facts, X, y)
        if not _of_steps(facts):
            return found
        if not isinstance(inputs_from_json(facts["inputs"]), SeriesInputs):
            raise DataError("y: numbers for each step are of series; of a text or a sound there is one.")
        rows = found.inputs["x"]
        if y is None:
            return Examples(found.inputs, [torch.zeros(len(one)) for one in rows])
        for place, (one, numbers) in enumerate(zip(rows, found.targets, strict=True)):
            if len(one) != len(numbers):
                raise DataError(
                    f"y: row {place:,}: expected {len(one):,} numbers, one for each step, got {len(numbers):,}."
                )
        return found

    def _as_tensor(self, facts: Facts, y: Sequence[Any]) -> Targets:
        of_steps = _of_steps(facts)
        if _has_steps(y[0]) != of_steps:
            expected = "a list of numbers" if of_steps else "a number"
            raise DataError(f"y: expected {expected} for each example, as in training.")
        scaled = [(torch.tensor(one) - facts["mean_of_y"]) / facts["deviation_of_y"] for one in y]
        return scaled if of_steps else torch.stack(scaled)

    def _outputs(self, facts: Facts) -> int:
        return 1

    def _build(self, facts: Facts) -> nn.Module:
        if not _of_steps(facts):
            return super()._build(facts)
        return build_step_model(self._settled(facts), inputs_from_json(facts["inputs"]), self._outputs(facts))

    def _explained(self, facts: Facts) -> Asked:
        return Asked.of(["the number, in deviations from the mean"], place=0)

    def _objective(self, facts: Facts) -> Objective[Batch]:
        return (StepNumbers if _of_steps(facts) else Numbers)(robust=self._settled(facts).loss == "huber")

    def _baselines(self, facts: Facts, X: Sequence[Any], y: Sequence[Any]) -> Sequence[Baseline]:
        if not _of_steps(facts):
            return baselines_of_numbers(X, y)
        steps = _single_steps(Given(X, y))
        mean, *lines = baselines_of_numbers(steps.X, steps.y or [])
        return [mean, *(dataclasses.replace(line, name="ridge regression on the step") for line in lines)]

    def _simple(
        self, facts: Facts, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Mapping[str, Mapping[str, float]]:
        return super()._simple(facts, baselines, _single_steps(given) if _of_steps(facts) else given, examples)

    def _figures(self, facts: Facts, y: Sequence[Any], answers: Any) -> Mapping[str, float]:
        return figures_of_numbers(y, answers)

    def _watched(self, facts: Facts) -> str:
        return "mean_absolute_error"

    def _judge(
        self, facts: Facts, module: nn.Module, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Figures:
        sizes, counted = None, "examples"
        if _of_steps(facts):
            answers = np.concatenate([one for rows in over(facts, module, examples, _by_row) for one in rows])
            sizes, counted, given = [len(one) for one in given.y or []], "steps", _single_steps(given)
        else:
            answers = _in_units(facts, self._scores(facts, module, examples))
        found = judged_numbers(given.y or [], answers, {one.name: one.answers(given.X) for one in baselines}, sizes)
        notes = (found.verdict,) if found.verdict else ()
        return Figures(len(answers), counted, found.model, found.baselines, self._watched(facts), notes=notes)


def _of_steps(facts: Facts) -> bool:
    """Whether each step has a number."""
    return bool(facts.get("of_steps"))


def _has_steps(one: Any) -> bool:
    return isinstance(one, list | tuple) or getattr(one, "ndim", 0) > 0


def _flat(y: Sequence[Any]) -> NDArray[np.float64]:
    """The numbers of all examples, or of all their steps."""
    return np.concatenate([np.asarray(one, dtype=np.float64).reshape(-1) for one in y])


def _single_steps(given: Given) -> Given:
    """Each step of some series as a series of its own (1, D), with its number."""
    steps = [step.reshape(1, -1) for series in given.X for step in np.asarray(series, dtype=np.float64)]
    return Given(steps, _flat(given.y or []).tolist())


def _by_row(facts: Facts, module: nn.Module, batch: Batch) -> list[NDArray[np.float64]]:
    """The numbers of the real steps of each row (T,)."""
    assert batch.length is not None
    scores = module(batch.x, batch.length).cpu().double().numpy()
    return [_in_units(facts, row[:length]) for row, length in zip(scores, batch.length.tolist(), strict=True)]


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
