"""An estimator over examples as the files of a model directory, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from seqloom.errors import ModelFileError, UsageError
from seqloom.tasks.examples.values import Fitted
from seqloom.tasks.figures import Figures
from seqloom.tasks.measures.kept_baselines import baseline_files, read_baselines
from seqloom.tasks.model_directory import README, Config, check_savable, check_task, config_file, loaded, read_config
from seqloom.training.settings import TrainingSettings

if TYPE_CHECKING:
    from seqloom.tasks.examples.estimator import ExampleEstimator

__all__ = ["fitted_files", "read_estimator"]

E = TypeVar("E", bound="ExampleEstimator")


def fitted_files(estimator: ExampleEstimator, fitted: Fitted, seed: int | None = None) -> dict[str, bytes]:
    """The files, the weights left out. ``seed`` is that of the run, where it is not the one asked for."""
    check_savable(fitted.module, lambda: estimator._build(fitted.facts))
    learned: dict[str, Any] = {"facts": fitted.facts, "data_sha256": fitted.fingerprint, "held_out": fitted.share}
    if fitted.validation is not None:
        learned["validation"] = fitted.validation.to_mapping()
    parameters = estimator.get_params(deep=False) | {"training": _asked(estimator.training, seed)}
    weights = sum(parameter.numel() for parameter in fitted.module.parameters())
    card = [f"# A model of the task {estimator.task} by seqloom", "", f"- {weights:,} weights", f"- {parameters}", ""]
    config = Config(estimator.task, parameters, learned, {})
    files = config_file(config) | {README: "\n".join(card).encode()}
    return files | (baseline_files(fitted.baselines) if fitted.baselines else {})


def read_estimator(kind: type[E], files: Mapping[str, bytes]) -> tuple[E, Fitted]:
    """The estimator, unlearned, and what it had learned, from the files of a directory that has proven whole."""
    config = read_config(files)
    check_task(config, kind.task)
    try:
        estimator = kind(**config.parameters | {"training": _training(config.parameters["training"])})
        facts, fingerprint = config.learned["facts"], config.learned["data_sha256"]
        estimator._settled(facts)
        found = config.learned.get("validation")
        figures = None if found is None else Figures.from_mapping(found)
    except (UsageError, TypeError, KeyError, ValueError, AttributeError) as error:
        raise ModelFileError(f"config.json is damaged: {error}") from error
    module = loaded(lambda: estimator._build(facts), files)
    share = config.learned.get("held_out")
    return estimator, Fitted(module, facts, fingerprint, share, read_baselines(files), None, figures)


def _asked(training: TrainingSettings | Mapping[str, Any] | None, seed: int | None) -> dict[str, Any] | None:
    """What was asked for of the training, as plain data."""
    asked = training.to_mapping() if isinstance(training, TrainingSettings) else dict(training or {})
    if seed is not None and asked.get("seed", TrainingSettings.seed) != seed:
        asked["seed"] = seed
    return asked or None


def _training(asked: Mapping[str, Any] | None) -> TrainingSettings | Mapping[str, Any] | None:
    """The inverse: a mapping that has every setting is a record."""
    whole = asked is not None and {field.name for field in fields(TrainingSettings)} <= asked.keys()
    return TrainingSettings.from_mapping(asked) if asked is not None and whole else asked
