"""A bidirectional classifier: which half of a row of letters holds the larger one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.layers import Pooled, parse_spec
from seqloom.tasks.examples.estimator import ExampleEstimator, Examples, ExampleSettings
from seqloom.training.objectives import Classes

LETTERS = "abcdefgh"


class Reader(nn.Sequential):
    """Dropout between what is read and the scores of two classes."""

    def __init__(self, pooled: Pooled) -> None:
        super().__init__(pooled, nn.Dropout(0.2), nn.Linear(pooled.out_features, 2))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        pooled, *head = self
        y: Tensor = pooled(x, lengths)
        for layer in head:
            y = layer(y)
        return y


@dataclass(frozen=True)
class SorterSettings(ExampleSettings):
    """Its layers, in words."""

    spec: Annotated[str, "Layers."] = "gru(6) bidirectional + pool(attention)"


class Sorter(ExampleEstimator):
    """A task over ragged rows with an objective that carries nothing and watches a figure of the whole."""

    task, estimator_kind, settings, objective = "sorter", "classifier", SorterSettings, Classes(2)
    spec: str

    def _learn(self, X: Sequence[Any], y: Sequence[Any]) -> dict[str, Any]:
        return {}

    def _examples(self, facts: dict[str, Any], X: Sequence[Any], y: Sequence[Any] | None) -> Examples:
        codes = dict(zip(LETTERS, torch.eye(len(LETTERS)), strict=True))
        targets = torch.tensor([0] * len(X) if y is None else list(y))
        return Examples({"x": [torch.stack([codes[letter] for letter in row]) for row in X]}, targets)

    def _build(self, facts: dict[str, Any]) -> nn.Module:
        return Reader(parse_spec(self.spec).build_pooled(len(LETTERS)))

    def _constants(self, facts: dict[str, Any]) -> dict[str, Tensor]:
        return {"first": torch.tensor([1.0, 0.0])}

    def _answers(self, facts: dict[str, Any], module: nn.Module, batch: Batch) -> list[int]:
        answers: list[int] = module(batch.x, batch.length).argmax(-1).tolist()
        return answers


def rows(count: int) -> tuple[list[str], list[int]]:
    """Rows of 2 to 9 letters, and in which half the largest stands first."""
    generator = torch.Generator().manual_seed(1)
    drawn = [torch.randint(8, (int(size),), generator=generator) for size in torch.randint(2, 10, (count,))]
    return ["".join(LETTERS[code] for code in row) for row in drawn], [
        int(2 * row.argmax() >= len(row)) for row in drawn
    ]
