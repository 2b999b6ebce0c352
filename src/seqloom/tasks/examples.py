"""Estimators over examples, sequences with one target each: a new task is one short file on top of this.

What a task gives is asked for in this order when it is fitted: ``_learn`` what is to be known of the data (the names of
the classes, say), ``_examples`` as tensors, ``_build`` the module, its ``_objective``, and ``_constants``, answers that
need no model. All but the weights is known from the constructor's arguments and what ``_learn`` returned, so saving,
loading, resuming, evaluating and predicting are the same for every task, and are here.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.data.padded import Padded
from seqloom.settings import Settings
from seqloom.storage.directory import write_directory
from seqloom.storage.run import METRICS, refuse_run
from seqloom.tasks.estimator import Estimator
from seqloom.tasks.example_fit import (
    ROWS,
    Examples,
    ExampleTask,
    Facts,
    Fitted,
    fitted_files,
    measured,
    read_estimator,
)
from seqloom.tasks.figures import Figures
from seqloom.tasks.memory import loading
from seqloom.tasks.model_directory import WEIGHTS, read_newest
from seqloom.tasks.rows import check_rows
from seqloom.tasks.task import carry_out
from seqloom.training.log import History
from seqloom.training.objectives import Objective
from seqloom.training.progress import Progress
from seqloom.training.settings import TrainingSettings
from seqloom.training.snapshot import tensor_bytes

__all__ = ["ExampleEstimator", "Examples"]


class ExampleEstimator(Estimator, ABC):
    """An estimator over examples; see the top of this file for what a task gives.

    Its constructor stores its arguments under their names, ``batch_size`` and ``training`` (TrainingSettings or None)
    among them. ``fit`` learns ``model_``, ``facts_``, ``history_`` and ``validation_``.
    """

    task: ClassVar[str]
    """Its name in config.json and on the command line."""

    records: ClassVar[Mapping[str, type[Settings]]] = {"training": TrainingSettings}

    batch_size: int
    training: TrainingSettings | None
    model_: nn.Module
    facts_: Facts
    history_: History
    validation_: Figures

    @abstractmethod
    def _learn(self, X: Any, y: Any) -> Facts:
        """What is to be known of the data, ready for JSON. Raises DataError for data that cannot be used."""

    @abstractmethod
    def _examples(self, facts: Facts, X: Any, y: Any) -> Examples:
        """The data as tensors. ``X`` may be the path of a file; ``y`` None, to predict, gives any targets."""

    @abstractmethod
    def _build(self, facts: Facts) -> nn.Module:
        """The module, whose weights are drawn from torch's random numbers."""

    @abstractmethod
    def _objective(self, facts: Facts) -> Objective[Batch]:
        """What is minimised and measured."""

    @abstractmethod
    def _constants(self, facts: Facts, targets: Tensor) -> Mapping[str, Tensor]:
        """Outputs (K,) that need no model, by name: the best ones for ``targets`` that do not look at the input."""

    def _outputs(self, module: nn.Module, batch: Batch) -> Tensor:
        """What the module says of a batch (B, …), to predict from."""
        found: Tensor = module(batch.x, batch.length)
        return found

    @abstractmethod
    def _answers(self, facts: Facts, outputs: Tensor) -> list[Any]:
        """What is predicted from the outputs (N, …) of the module."""

    def fit(
        self,
        X: Any,
        y: Any = None,
        validation: float = 0.1,
        *,
        run: str | Path | None = None,
        resume: bool = False,
        force: bool = False,
        progress: bool | Progress | None = None,
    ) -> Self:
        """Learn from examples ``X`` and their targets ``y``, or from a file that has both.

        ``validation`` is the share that is held out, drawn by the seed, to judge by and to choose the weights. With
        ``run``, a directory, training is checkpointed there: ``resume`` continues it, ``force`` begins it anew.
        """
        place = None if run is None else Path(run)
        self._take(carry_out(ExampleTask(self, X, y, validation), place, resume, force, progress))
        return self

    def predict(self, X: Any) -> list[Any]:
        """An answer for each example, in their order; how many are given at once changes nothing."""
        self._check_fitted("model_")
        check_rows(X)
        examples = self._examples(self.facts_, X, None)
        self.model_.eval()
        device = next((weight.device for weight in self.model_.parameters()), torch.device("cpu"))
        with torch.no_grad():
            outputs = [self._outputs(self.model_, batch.to(device)).cpu() for batch in Padded(*examples, ROWS)]
        return self._answers(self.facts_, torch.cat(outputs))

    def evaluate(self, X: Any, y: Any = None) -> Figures:
        """Every figure of the objective on some examples, beside those of the constant answers."""
        self._check_fitted("model_")
        check_rows(X, y)
        examples = self._examples(self.facts_, X, y)
        return measured(self, self.facts_, self.model_, examples, self._constants(self.facts_, examples.targets))

    def score(self, X: Any, y: Any = None) -> float:
        """The watched figure, its sign changed where low is good: the higher the better."""
        self._check_fitted("model_")
        sign = 1 if self._objective(self.facts_).higher_is_better else -1
        found = self.evaluate(X, y)
        return sign * found.model[found.watched]

    def save(self, path: str | Path) -> None:
        """Write a model directory, all at once; one that is there is replaced. No pickles."""
        self._check_fitted("model_")
        refuse_run(Path(path))
        files = fitted_files(self, self._training, self._fitted()) | {WEIGHTS: tensor_bytes(self.model_.state_dict())}
        if hasattr(self, "history_"):
            files[METRICS] = "".join(json.dumps(record) + "\n" for record in self.history_.records).encode()
        write_directory(Path(path), files)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model directory, or the newest whole model of a run directory; ModelFileError where there is none."""
        with loading(path):
            return cls.from_files(read_newest(Path(path)))

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Self:
        """The same from the files of a directory that has proven whole."""
        model, fitted = read_estimator(cls, files)
        model._take(fitted)
        return model

    def _take(self, fitted: Fitted) -> None:
        self.model_, self.facts_, self._fingerprint = fitted.module, fitted.facts, fitted.fingerprint
        for name, value in (("history_", fitted.history), ("validation_", fitted.validation)):
            vars(self).pop(name, None)
            if value is not None:
                setattr(self, name, value)

    def _fitted(self) -> Fitted:
        history, validation = getattr(self, "history_", None), getattr(self, "validation_", None)
        return Fitted(self.model_, self.facts_, self._fingerprint, history, validation)

    @property
    def _training(self) -> TrainingSettings:
        return TrainingSettings() if self.training is None else self.training
