"""A task of its own, as a package outside seqloom would add it: which of two words is to come first.

A line of its files is two words, and 0 or 1 for the one that comes first: ``abca ab 0``. In Python X is a list of
``"abca ab"`` and y one of 0 and 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from seqloom.data import Batch
from seqloom.layers import LastHead, parse_spec
from seqloom.tasks.examples import ExampleEstimator, Examples
from seqloom.training.objectives import Objective
from seqloom.training.settings import TrainingSettings


class Rank(Objective[Batch]):
    watched, higher_is_better = "right", True

    def weight(self, batch: Batch) -> int:
        return batch.size

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        return softplus((2 * batch.targets - 1) * margin(module, batch)).mean(), None

    def sums(self, module: nn.Module, batch: Batch, carried: Any) -> Any:
        right = (margin(module, batch) < 0) == (batch.targets == 1)
        return {**super().sums(module, batch, carried)[0], "right": right.sum().double().cpu()}, None

    def figures(self, sums: Any) -> dict[str, float]:
        return super().figures(sums) | {"right": float(sums["right"] / sums["weight"])}


class Ranker(ExampleEstimator):
    task = "toy-ranker"
    estimator_kind = "classifier"

    def __init__(self, spec: str = "gru(8)", batch_size: int = 8, training: TrainingSettings | None = None) -> None:
        self.spec, self.batch_size, self.training = spec, batch_size, training

    @property
    def classes_(self) -> list[int]:
        return [0, 1]

    def _learn(self, X: Any, y: Any) -> dict[str, Any]:
        return {"letters": sorted({letter for a, b, _ in lines(X, y) for letter in a + b})}

    def _examples(self, facts: dict[str, Any], X: Any, y: Any) -> Examples:
        rows, one_hot = lines(X, y), dict(zip(facts["letters"], torch.eye(len(facts["letters"])), strict=True))
        inputs = {name: [torch.stack([one_hot[c] for c in row[k]]) for row in rows] for k, name in enumerate("ab")}
        return Examples(inputs, torch.tensor([int(row[2]) for row in rows]))

    def _build(self, facts: dict[str, Any]) -> nn.Module:
        return Scorer(self.spec, len(facts["letters"]))

    def _objective(self, facts: dict[str, Any]) -> Rank:
        return Rank()

    def _constants(self, facts: dict[str, Any], targets: Tensor) -> dict[str, Tensor]:
        return {"a tie": torch.zeros(1)}

    def _outputs(self, module: nn.Module, batch: Batch) -> Tensor:
        return margin(module, batch)

    def _answers(self, facts: dict[str, Any], outputs: Tensor) -> list[int]:
        return (outputs < 0).long().tolist()


class Scorer(nn.Module):
    def __init__(self, spec: str, features: int) -> None:
        super().__init__()
        self.body = parse_spec(spec).build(features)
        self.head = LastHead(self.body, 1)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return self.head(self.body(x, None, lengths)[0], lengths)


def margin(module: nn.Module, batch: Batch) -> Tensor:
    a, b = (module(batch.inputs[name], batch.lengths[name])[:, 0] for name in ("a", "b"))
    return a - b


def lines(X: Any, y: Any) -> list[list[str]]:
    if isinstance(X, str | Path):
        return [line.split() for line in Path(X).read_text().splitlines()]
    return [[*pair.split(), answer] for pair, answer in zip(X, [0] * len(X) if y is None else y, strict=True)]
