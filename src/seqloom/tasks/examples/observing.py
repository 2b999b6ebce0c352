"""How an estimator's module is run over examples to be looked into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from seqloom.inspection.traced.observable import Reading
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.tasks.examples.values import Facts, Given, taken
from seqloom.tasks.inputs.kinds import inputs_from_json
from seqloom.tasks.inputs.texts import TextInputs, source_texts

if TYPE_CHECKING:
    from seqloom.tasks.examples.estimator import ExampleEstimator

__all__ = ["names_of_steps", "observed"]


def observed(estimator: ExampleEstimator, given: Given) -> Reading:
    """All examples as one batch; what writes a text is made to write the targets, or what it would write itself."""
    module, facts = estimator.model_, estimator.facts_
    if isinstance(module, EncoderDecoder) and given.y is None:
        given = taken(estimator, given.X, estimator.predict(given.X), facts, targets=True)
    examples = estimator._examples(facts, given.X, given.y if isinstance(module, EncoderDecoder) else None)
    batch = examples._replace(most_steps=1 << 62).batches(len(examples.targets))[0]
    batch = batch.to(next((weight.device for weight in module.parameters()), torch.device("cpu")))

    def run() -> Any:
        if isinstance(module, EncoderDecoder):
            return module.logits(batch.x, batch.length, batch.targets)
        return module(batch.x, batch.length)

    return Reading(module, run, names_of_steps(facts, given.X))


def names_of_steps(facts: Facts, X: Sequence[Any]) -> list[list[str]]:
    """The pieces of a text, or what is tokens already; nothing for numbers."""
    inputs = inputs_from_json(facts["inputs"]) if "inputs" in facts else None
    if isinstance(inputs, TextInputs):
        return [source_texts(inputs, text) for text in X]
    if all(isinstance(row, Sequence) and all(isinstance(token, str) for token in row) for row in X):
        return [list(row) for row in X]
    return []
