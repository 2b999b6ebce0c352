"""A task of its own, as a package outside seqloom adds it: which of two words comes first (``abca ab 0`` is a line)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch

from seqloom.layers import LastHead, parse_spec
from seqloom.tasks.examples.estimator import ExampleEstimator, Examples, ExampleSettings, Given
from seqloom.training.objectives import Objective


class Margin(torch.nn.ModuleDict):
    def forward(self, x, lengths):
        a, b = (self["head"](self["body"](x[name], None, lengths[name])[0], lengths[name]) for name in "ab")
        return (a - b)[:, 0]


class Rank(Objective):
    watched, higher_is_better = "right", True

    def loss(self, module, batch, carried):
        wrong = (2 * batch.targets - 1) * module(batch.inputs, batch.lengths)
        return torch.nn.functional.softplus(wrong).mean(), None

    def means(self, module, batch):
        return {"right": ((module(batch.inputs, batch.lengths) < 0) == batch.targets.bool()).double().mean()}


@dataclass(frozen=True)
class RankerSettings(ExampleSettings):
    spec: Annotated[str, "Layers."] = "gru(8)"


class Ranker(ExampleEstimator):
    task, estimator_kind, settings, objective, classes_ = "toy-ranker", "classifier", RankerSettings, Rank(), (0, 1)

    def _read(self, X, y, facts):
        if isinstance(X, str | Path):
            X, y = zip(*(line.rsplit(" ", 1) for line in Path(X).read_text().splitlines()), strict=True)
        return Given(X, y)

    def _learn(self, X, y):
        return {"letters": "".join(sorted({*"".join(X)} - {" "})) + "?"}

    def _examples(self, facts, X, y):
        codes = dict(zip(facts["letters"], torch.eye(len(facts["letters"])), strict=True))
        a, b = ([torch.stack([codes.get(c, codes["?"]) for c in pair.split()[k]]) for pair in X] for k in (0, 1))
        return Examples({"a": a, "b": b}, torch.tensor([0] * len(X) if y is None else list(map(int, y))))

    def _build(self, facts):
        body = parse_spec(self._settled(facts).spec).build(len(facts["letters"]))
        return Margin({"body": body, "head": LastHead(body, 1)})

    def _constants(self, facts):
        return {"a tie": torch.zeros(())}

    def _answers(self, facts, module, batch):
        return (module(batch.inputs, batch.lengths) < 0).long().tolist()
