"""One fit of an estimator over examples."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from seqloom.errors import DataError, UsageError
from seqloom.settings import settings_of
from seqloom.tasks.examples.files import fitted_files, read_estimator
from seqloom.tasks.examples.going_on import Start, before_of, start_of
from seqloom.tasks.examples.settings import FitSettings
from seqloom.tasks.examples.values import Examples, Facts, Fitted, Given, HeldOut, taken
from seqloom.tasks.task import Prepared, Task, refuse_another_model, with_seed
from seqloom.training.evaluation import Watch
from seqloom.training.log import History
from seqloom.training.problem import Problem
from seqloom.training.settings import TrainingSettings

if TYPE_CHECKING:
    from seqloom.tasks.examples.estimator import ExampleEstimator

__all__ = ["ExampleTask"]


class ExampleTask(Task[Fitted]):
    """One fit of an estimator over examples; see :meth:`ExampleEstimator.fit`."""

    def __init__(self, estimator: ExampleEstimator, X: Any, y: Any, validation: Any, start_from: Any = None) -> None:
        self.estimator, self.X, self.y, self.validation, self.start_from = estimator, X, y, validation, start_from
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
        estimator, seed, before = self.estimator, self.training.seed, self._before
        asked = None if before else self.start_from
        start = None if asked is None else start_of(estimator, asked, folder)
        learned, aside, remark = self._parts(seed, start)
        facts = self._facts(learned, start) if before is None else before[1].facts
        if before is None:
            self._training = estimator._settled(facts).training
        examples = estimator._examples(facts, learned.X, learned.y)
        held_out = None
        if aside is not None:
            of_aside = estimator._examples(facts, aside.X, aside.y)
            held_out = HeldOut(aside, of_aside, remark)
            if start is not None:
                facts["before"] = {"name": start.name, "figures": start.figures(held_out).to_mapping()}
        fingerprint = f"{_checksum(examples, None if held_out is None else held_out.examples)}:{self.share}"
        if before is not None and before[1].fingerprint != fingerprint:
            raise UsageError(
                f"{before[0]} was trained on other examples, or held out another part of them. Resume with the same, "
                "or replace the run with --force (in Python force=True)."
            )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = estimator._build(facts)
            if before is None:
                estimator._prime(facts, module, learned)
        said = [] if start is None else [start.carry_over(estimator, facts, module)]
        fitted = Fitted(module, facts, fingerprint, self.share, held_out=held_out)
        self.files(fitted)
        baselines = estimator._baselines(facts, learned.X, learned.y or []) if before is None else before[1].baselines
        fitted = fitted._replace(baselines=baselines)
        problem = Problem(
            module,
            estimator._objective(facts),
            estimator._batches(facts, examples, seed),
            None if held_out is None else held_out.examples.batches(),
        )
        return Prepared(fitted, problem, "\n".join([*said, *_news(estimator, fitted, resumed=before is not None)]))

    def files(self, fitted: Fitted) -> dict[str, bytes]:
        return fitted_files(self.estimator, fitted, self.training.seed)

    def judge(self, prepared: Prepared[Fitted], history: History, seconds: float | None, watch: Watch) -> Fitted:
        fitted = prepared.fitted._replace(history=history, held_out=None)
        held_out = prepared.fitted.held_out
        if held_out is None:
            return fitted
        facts = self.estimator._finish(fitted.facts, fitted.module, held_out)
        figures = self.estimator._judge(facts, fitted.module, fitted.baselines, held_out.given, held_out.examples)
        chosen_among = max(1, len(history.column("validation_loss")))
        beside = {**figures.baselines, **before_of(facts)}
        figures = dataclasses.replace(figures, remark=held_out.remark, chosen_among=chosen_among, baselines=beside)
        return fitted._replace(facts=facts, validation=figures)

    def _facts(self, learned: Given, start: Start | None) -> Facts:
        """What is to be known of the examples to learn from, and the settings that suit them."""
        estimator, X, y = self.estimator, learned.X, learned.y or []
        found = estimator._learn(X, y) if start is None else estimator._grow(start.fitted.facts, X, y)
        facts = _as_read({**found, **learned.about})
        facts["picked"] = estimator._picked(facts) | ({} if start is None else _as_read(dict(start.settings)))
        return facts

    def _parts(self, seed: int, start: Start | None) -> tuple[Given, Given | None, str]:
        """What is learned from, what is held out, and a remark on that."""
        estimator = self.estimator
        known: Facts = {} if start is None else start.known(estimator)
        if self._before is not None:
            known = self._before[1].facts
        whole = taken(estimator, self.X, self.y, known, targets=True)
        if self.share is None:
            X, y = self.validation if isinstance(self.validation, tuple) else (self.validation, None)
            aside = taken(estimator, X, y, {**known, **whole.about}, targets=True)
            learned = whole.rows(estimator._divide(whole, 0.0, seed).learned)
            return learned, aside, f"Held out: examples of their own, {len(aside.X):,}."
        if len(whole.X) < 2:
            raise DataError(f"Expected at least two examples, got {len(whole.X)}.")
        places, held_out, remark = estimator._divide(whole, self.share, seed)
        return whole.rows(places), whole.rows(held_out) if len(held_out) else None, remark


def _news(estimator: ExampleEstimator, fitted: Fitted, resumed: bool) -> Iterator[str]:
    """What is worth saying before anything is learned, a line each."""
    facts, held_out = fitted.facts, fitted.held_out
    if not resumed:
        yield from estimator._remarks(facts)
    picked = [f"{name} {value}" for name, value in facts["picked"].items() if value is not None]
    if picked and not resumed:
        yield "Picked by the data: " + ", ".join(picked)
    if held_out is None:
        return
    yield held_out.remark
    simple = estimator._simple(facts, fitted.baselines, held_out.given, held_out.examples)
    found = {**simple, **before_of(facts)}
    watched = estimator._watched(facts)
    if found and not resumed:
        said = ", ".join(f"{name} {figures[watched]:.3f}" for name, figures in found.items())
        yield f"To be beaten ({watched.replace('_', ' ')}): {said}"


def _as_read(facts: Facts) -> Facts:
    """The facts as they come back from a file."""
    found: Facts = json.loads(json.dumps(facts))
    return found


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
