"""One case is trained, and what can be known of it is measured."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from cases import Case
from problems import SYMBOLS

from seqloom.data.batch import Batch
from seqloom.inspection.verdict import Evidence
from seqloom.layers import parse_spec
from seqloom.models.pooled_model import PooledModel
from seqloom.tasks.inspecting.looking_back import memory_of
from seqloom.tasks.inspecting.subject import Asked, Subject
from seqloom.tasks.inspecting.verdict import evidence_of
from seqloom.training.loop import fit
from seqloom.training.objectives import Classes
from seqloom.training.problem import Problem
from seqloom.training.settings import TrainingSettings

__all__ = ["Outcome", "cured", "trained"]

_UNSEEN = 10**6


class Outcome(NamedTuple):
    """``loss`` is the mean over unseen rows, ``error`` its standard error."""

    evidence: Evidence
    loss: float
    error: float
    seconds: float


class _Fresh:
    """New rows for every update."""

    def __init__(self, case: Case, seed: int, updates: int, rows: int) -> None:
        self._case, self._seed, self._updates, self._rows = case, seed, updates, rows

    def __len__(self) -> int:
        return self._updates

    def epoch(self, number: int) -> _Fresh:
        return self

    def __getitem__(self, index: int) -> Batch:
        case = self._case
        x, y = case.problem(np.random.default_rng((self._seed, index)), self._rows, case.window)
        return Batch({"x": torch.from_numpy(x) * case.scale}, torch.from_numpy(y))


def trained(case: Case, seed: int) -> Outcome:
    """Train, look, and judge on unseen rows."""
    began = time.process_time()
    torch.manual_seed(seed)
    model = PooledModel(None, parse_spec(case.model).pooled("last").build_pooled(SYMBOLS + 1), SYMBOLS)
    case.spoil(model)
    objective = Classes(SYMBOLS, watched="loss")
    settings = TrainingSettings.from_mapping(
        {
            "optimiser": case.optimiser,
            "learning_rate": case.learning_rate,
            "weight_decay": 0.0,
            "steps": case.updates,
            "epochs": None,
            "log_every": 10,
            "device": "cpu",
            "watch_gradients": True,
            **case.options,
        }
    )
    history = fit(Problem(model, objective, _Fresh(case, seed, case.updates, 32)), settings)
    unseen = _Fresh(case, _UNSEEN + seed, 8, 64)
    batches = [unseen[index] for index in range(8)]

    def loss(batch: Batch) -> torch.Tensor:
        return objective.loss(model, batch, None)[0]

    subject = Subject(model, batches, lambda row: (), Asked(str), loss, window=case.window if case.cut else None)
    memory = memory_of(subject, directions=8)
    evidence = evidence_of(subject, memory, history.records)
    with torch.no_grad():
        losses = np.array([float(loss(batch)) for batch in batches])
    error = float(losses.std(ddof=1) / len(losses) ** 0.5)
    return Outcome(evidence, float(losses.mean()), error, time.process_time() - began)


def cured(case: Case, settings: Mapping[str, Any]) -> Case:
    """The case with the ``settings`` of a cure."""
    fields = {field.name for field in dataclasses.fields(Case)}
    own: dict[str, Any] = {name: value for name, value in settings.items() if name in fields}
    rest = {name: value for name, value in settings.items() if name not in fields}
    return dataclasses.replace(case, **own, options={**case.options, **rest})
