"""One fit of an estimator over examples."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from seqloom.data.padded import Padded
from seqloom.errors import DataError, UsageError
from seqloom.settings import settings_of
from seqloom.tasks.example_files import fitted_files, read_estimator
from seqloom.tasks.example_values import ROWS, Examples, Facts, Fitted, taken
from seqloom.tasks.judging import constant_figures, figures_of, measured
from seqloom.tasks.settings import FitSettings
from seqloom.tasks.task import Prepared, Task, refuse_another_model, with_seed
from seqloom.training.evaluation import Watch
from seqloom.training.log import History
from seqloom.training.problem import Problem
from seqloom.training.settings import TrainingSettings

if TYPE_CHECKING:
    from seqloom.tasks.examples import ExampleEstimator

__all__ = ["ExampleTask"]


class _Part(NamedTuple):
    """Examples as a user has them."""

    X: Sequence[Any]
    y: Sequence[Any]


class ExampleTask(Task[Fitted]):
    """One fit of an estimator over examples; see :meth:`ExampleEstimator.fit`."""

    def __init__(self, estimator: ExampleEstimator, X: Any, y: Any, validation: Any) -> None:
        self.estimator, self.X, self.y, self.validation = estimator, X, y, validation
        self.share: float | None = None
        if isinstance(validation, Real):
            self.share = float(settings_of(FitSettings)["validation"].take(validation))
        self._training: TrainingSettings = estimator._settled({}).training
        self._before: tuple[Path, Fitted] | None = None

    @property
    def training(self) -> TrainingSettings:
        return self._training

    def resuming(self, path: Path, files: Mapping[str, bytes]) -> ExampleTask:
        model, before = read_estimator(type(self.estimator), files)
        asked, had = (vars(one._settled(before.facts)) for one in (self.estimator, model))
        names = [name for name in asked if name != "training" and asked[name] != had[name]]
        refuse_another_model(
            path, [f"{name}: the run has {had[name]!r}, now {asked[name]!r} is asked for." for name in names]
        )
        task = ExampleTask(self.estimator, self.X, self.y, self.validation)
        task._before = (path, before)
        task._training = with_seed(asked["training"], had["training"].seed)
        return task

    def prepare(self, folder: Path | None, watch: Watch) -> Prepared[Fitted]:
        estimator, seed = self.estimator, self.training.seed
        learned, held_out = self._parts(seed)
        if self._before is None:
            facts = estimator._learn(*learned)
            facts["picked"] = dict(estimator._pick(facts))
            self._training = estimator._settled(facts).training
        else:
            facts = self._before[1].facts
        examples = estimator._examples(facts, *learned)
        judged = None if held_out is None else estimator._examples(facts, *held_out)
        fingerprint = f"{_checksum(examples, judged)}:{self.share}"
        if self._before is not None and self._before[1].fingerprint != fingerprint:
            raise UsageError(
                f"{self._before[0]} was trained on other examples, or held out another part of them. Resume with the "
                "same, or replace the run with --force (in Python force=True)."
            )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = estimator._build(facts)
        objective = estimator._objective(facts)
        remark = self._remark(len(learned.X), 0 if held_out is None else len(held_out.X))
        fitted = Fitted(module, facts, fingerprint, self.share, held_out=judged, remark=remark)
        self.files(fitted)
        if held_out is not None and judged is not None:
            simple = {name: answer(held_out.X) for name, answer in estimator._baselines(facts, *learned).items()}
            found = {name: figures_of(objective, outputs, judged) for name, outputs in simple.items()}
            fitted = fitted._replace(baselines=constant_figures(estimator, facts, judged) | found)
        problem = Problem(
            module,
            objective,
            Padded(*examples, estimator._settled(facts).batch_size, seed),
            None if judged is None else Padded(*judged, ROWS),
        )
        news = _news(facts, fitted.baselines, objective.watched) if self._before is None else ()
        return Prepared(fitted, problem, "\n".join(filter(None, [remark, *news])))

    def files(self, fitted: Fitted) -> dict[str, bytes]:
        return fitted_files(self.estimator, fitted, self.training.seed)

    def judge(self, prepared: Prepared[Fitted], history: History, seconds: float | None, watch: Watch) -> Fitted:
        fitted = prepared.fitted
        figures = None
        if fitted.held_out is not None:
            chosen_among = max(1, len(history.column("validation_loss")))
            found = measured(self.estimator, fitted.facts, fitted.module, fitted.held_out)
            figures = dataclasses.replace(
                found, baselines=fitted.baselines, remark=fitted.remark, chosen_among=chosen_among
            )
        return Fitted(fitted.module, fitted.facts, fitted.fingerprint, fitted.share, history, figures)

    def _remark(self, learned: int, held_out: int) -> str:
        if self.share is None:
            return f"Held out: examples of their own, {held_out:,}."
        seed, total = self.training.seed, learned + held_out
        return f"Held out: {held_out:,} of {total:,} examples, drawn by seed {seed}." if held_out else ""

    def _parts(self, seed: int) -> tuple[_Part, _Part | None]:
        """What is learned from, and what is held out."""
        estimator = self.estimator
        whole = _part(estimator, self.X, self.y)
        if self.share is None:
            X, y = self.validation if isinstance(self.validation, tuple) else (self.validation, None)
            return whole, _part(estimator, X, y)
        count = len(whole.X)
        places = set(estimator._divide(*whole, self.share, seed)) if self.share else set()
        if count < 2 or (self.share and not 0 < len(places) < count):
            raise DataError(f"There are too few examples: of {count:,}, {len(places):,} would be held out. Give more.")
        if not places:
            return whole, None
        learned, held_out = ([k for k in range(count) if (k in places) is held] for held in (False, True))
        return _some(whole, learned), _some(whole, held_out)


def _part(estimator: ExampleEstimator, X: Any, y: Any) -> _Part:
    X, y = taken(estimator, X, y, targets=True)
    return _Part(X, y)


def _some(part: _Part, places: Sequence[int]) -> _Part:
    return _Part(*([values[place] for place in places] for values in part))


def _news(facts: Facts, baselines: Mapping[str, Mapping[str, float]], watched: str) -> Iterator[str]:
    """What is worth saying before anything is learned, a line each."""
    if facts["picked"]:
        yield "Picked by the data: " + ", ".join(f"{name} {value}" for name, value in facts["picked"].items())
    if baselines:
        said = ", ".join(f"{name} {figures[watched]:.3f}" for name, figures in baselines.items())
        yield f"To be beaten ({watched.replace('_', ' ')}): {said}"


def _checksum(*parts: Examples | None) -> str:
    found = hashlib.sha256()
    for part in parts:
        if part is None:
            continue
        for name, rows in part.inputs.items():
            found.update(name.encode())
            for row in rows:
                found.update(repr(tuple(row.shape)).encode() + row.contiguous().numpy().tobytes())
        targets = part.targets
        for target in [targets] if isinstance(targets, Tensor) else targets:
            found.update(target.contiguous().numpy().tobytes())
    return found.hexdigest()
