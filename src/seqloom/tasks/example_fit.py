"""One fit of an estimator over examples, and its files."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from seqloom.data.draws import Purpose, drawn_order
from seqloom.data.padded import Padded
from seqloom.errors import DataError, ModelFileError, UsageError
from seqloom.tasks.figures import Figures
from seqloom.tasks.model_directory import README, Config, check_savable, check_task, config_file, loaded, read_config
from seqloom.tasks.rows import check_rows
from seqloom.tasks.task import Prepared, Task, refuse_another_model, with_seed
from seqloom.training.evaluation import Watch, evaluate
from seqloom.training.log import History
from seqloom.training.problem import Problem
from seqloom.training.settings import TrainingSettings

if TYPE_CHECKING:
    from seqloom.tasks.examples import ExampleEstimator

__all__ = ["ROWS", "ExampleTask", "Examples", "Facts", "Fitted", "fitted_files", "measured", "read_estimator"]

ROWS = 64
"""Examples that are read at once where nothing is learned."""
Facts = dict[str, Any]
"""What is to be known of the data, ready for JSON."""


class Examples(NamedTuple):
    """Each input by name, tensors (T, …) of any length, and ``targets`` (N, …), one for each example."""

    inputs: Mapping[str, Sequence[Tensor]]
    targets: Tensor

    def rows(self, order: Sequence[int]) -> Examples:
        """Some of the examples, in this order."""
        inputs = {name: [rows[place] for place in order] for name, rows in self.inputs.items()}
        return Examples(inputs, self.targets[list(order)])


E = TypeVar("E", bound="ExampleEstimator")


class Fitted(NamedTuple):
    """What was learned; ``held_out`` are the examples kept aside, until they are scored."""

    module: nn.Module
    facts: Facts
    fingerprint: str
    history: History | None = None
    validation: Figures | None = None
    held_out: Examples | None = None
    constants: Mapping[str, Tensor] = {}


class ExampleTask(Task[Fitted]):
    """One fit of an estimator over examples."""

    def __init__(self, estimator: ExampleEstimator, X: Any, y: Any, validation: float) -> None:
        if not 0 <= validation < 1:
            raise UsageError(f"validation: expected a share from 0 to below 1, got {validation!r}.")
        self.estimator, self.X, self.y, self.validation = estimator, X, y, float(validation)
        self._training = estimator._training
        self._before: tuple[Path, Fitted] | None = None

    @property
    def training(self) -> TrainingSettings:
        return self._training

    def resuming(self, path: Path, files: Mapping[str, bytes]) -> ExampleTask:
        model, before = read_estimator(type(self.estimator), files)
        asked, had = (_parameters(one) for one in (self.estimator, model))
        names = [name for name in asked if name != "training" and asked[name] != had.get(name)]
        refuse_another_model(
            path, [f"{name}: the run has {had.get(name)!r}, now {asked[name]!r} is asked for." for name in names]
        )
        task = ExampleTask(self.estimator, self.X, self.y, self.validation)
        task._before = (path, before)
        task._training = with_seed(self._training, model._training.seed)
        return task

    def prepare(self, folder: Path | None, watch: Watch) -> Prepared[Fitted]:
        estimator, seed = self.estimator, self.training.seed
        check_rows(self.X, self.y)
        facts = estimator._learn(self.X, self.y) if self._before is None else self._before[1].facts
        examples = estimator._examples(facts, self.X, self.y)
        fingerprint = f"{_checksum(examples)}:{self.validation}"
        if self._before is not None and self._before[1].fingerprint != fingerprint:
            raise UsageError(
                f"{self._before[0]} was trained on other examples, or held out another part of them. Resume with the "
                "same, or replace the run with --force (in Python force=True)."
            )
        learned, held_out = _divided(examples, self.validation, seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = estimator._build(facts)
        constants = estimator._constants(facts, learned.targets)
        fitted = Fitted(module, facts, fingerprint, held_out=held_out, constants=constants)
        self.files(fitted)
        problem = Problem(
            module,
            estimator._objective(facts),
            Padded(*learned, estimator.batch_size, seed),
            None if held_out is None else Padded(*held_out, ROWS),
        )
        count = 0 if held_out is None else len(held_out.targets)
        remark = f"Held out: {count:,} of {len(examples.targets):,} examples, drawn by seed {seed}." if count else ""
        return Prepared(fitted, problem, remark)

    def files(self, fitted: Fitted) -> dict[str, bytes]:
        return fitted_files(self.estimator, self.training, fitted)

    def judge(self, prepared: Prepared[Fitted], history: History, seconds: float | None, watch: Watch) -> Fitted:
        module, facts, fingerprint, *_, held_out, constants = prepared.fitted
        figures = None
        if held_out is not None:
            chosen_among = max(1, len(history.column("validation_loss")))
            found = measured(self.estimator, facts, module, held_out, constants)
            figures = dataclasses.replace(found, remark=prepared.remark, chosen_among=chosen_among)
        return Fitted(module, facts, fingerprint, history, figures)


class _Constant(nn.Module):
    """The same outputs, whatever the inputs."""

    def __init__(self, outputs: Tensor) -> None:
        super().__init__()
        self.register_buffer("outputs", outputs)

    def forward(self, x: Any, *_: Any, **__: Any) -> Tensor:
        outputs: Any = self.outputs
        found: Tensor = outputs.expand(len(x), *outputs.shape)
        return found


def measured(
    estimator: ExampleEstimator, facts: Facts, module: nn.Module, examples: Examples, constants: Mapping[str, Tensor]
) -> Figures:
    objective, batches = estimator._objective(facts), Padded(*examples, ROWS)
    found = evaluate(objective, module, batches)
    baselines = {
        name: objective.figures(evaluate(objective, _Constant(outputs), batches)) for name, outputs in constants.items()
    }
    count = float(found["weight"])
    return Figures(count, objective.counted, objective.figures(found), baselines, objective.watched)


def _divided(examples: Examples, share: float, seed: int) -> tuple[Examples, Examples | None]:
    """What is learned from, and the share that is held out, drawn by the seed."""
    total = len(examples.targets)
    count = round(share * total)
    if total < 2 or (share and not 0 < count < total):
        raise DataError(f"There are too few examples: of {total:,}, {count:,} would be held out. Give more.")
    if not count:
        return examples, None
    order = drawn_order(total, seed, Purpose.HELD_OUT).tolist()
    return examples.rows(order[count:]), examples.rows(sorted(order[:count]))


def _checksum(examples: Examples) -> str:
    found = hashlib.sha256()
    for name, rows in examples.inputs.items():
        found.update(name.encode())
        for row in rows:
            found.update(repr(tuple(row.shape)).encode() + row.contiguous().numpy().tobytes())
    found.update(examples.targets.contiguous().numpy().tobytes())
    return found.hexdigest()


def _parameters(estimator: ExampleEstimator) -> dict[str, Any]:
    values = estimator.get_params(deep=False)
    values["training"] = estimator._training.to_mapping()
    return values


def fitted_files(estimator: ExampleEstimator, training: TrainingSettings, fitted: Fitted) -> dict[str, bytes]:
    check_savable(fitted.module, lambda: estimator._build(fitted.facts))
    learned: dict[str, Any] = {"facts": fitted.facts, "data_sha256": fitted.fingerprint}
    if fitted.validation is not None:
        learned["validation"] = fitted.validation.to_mapping()
    parameters = _parameters(estimator) | {"training": training.to_mapping()}
    weights = sum(parameter.numel() for parameter in fitted.module.parameters())
    card = [f"# A model of the task {estimator.task} by seqloom", "", f"- {weights:,} weights", f"- {parameters}", ""]
    config = Config(estimator.task, parameters, learned, {})
    return config_file(config) | {README: "\n".join(card).encode()}


def read_estimator(kind: type[E], files: Mapping[str, bytes]) -> tuple[E, Fitted]:
    """The estimator, unlearned, and what it had learned, from the files of a directory that has proven whole."""
    config = read_config(files)
    check_task(config, kind.task)
    try:
        training = TrainingSettings.from_mapping(config.parameters["training"])
        estimator = kind(**config.parameters | {"training": training})
        facts, fingerprint = config.learned["facts"], config.learned["data_sha256"]
        found = config.learned.get("validation")
        figures = None if found is None else Figures.from_mapping(found)
    except (UsageError, TypeError, KeyError, ValueError, AttributeError) as error:
        raise ModelFileError(f"config.json is damaged: {error}") from error
    return estimator, Fitted(loaded(lambda: estimator._build(facts), files), facts, fingerprint, None, figures)
