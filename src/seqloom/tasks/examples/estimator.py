"""Estimators over examples, sequences with a target each or one for each step: a new task is one short file on top.

What a task gives is asked for in this order when it is fitted: ``_read`` the plain values of what a user gave,
``_divide`` which are held out, ``_learn`` what is to be known of the others (the names of the classes, say), ``_pick``
settings that suit them, ``_examples`` as tensors, ``_build`` the module, its ``_objective``, and answers that need no
model: ``_constants`` and ``_baselines``. All but the weights is known from the constructor's arguments and what
``_learn`` returned, so saving, loading, resuming, evaluating and predicting are the same for every task, and are here.
Where the figures that count are not the objective's, ``_judge`` makes others; ``_finish`` may learn from what is held
out. Where a trained model goes on with other examples, ``_grow`` says what is known then, in place of ``_learn``, and
``_rows`` which rows of its weights are of what.
"""

from __future__ import annotations

import dataclasses
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch
from torch import Tensor, nn

from seqloom.data.batch import Batch, Batches
from seqloom.data.draws import Purpose, drawn_order
from seqloom.errors import DataError
from seqloom.inspection.traced.observable import Reading
from seqloom.settings import Settings, flattened, nested
from seqloom.storage.directory import write_directory
from seqloom.storage.run import METRICS, refuse_run
from seqloom.tasks.estimator import Estimator
from seqloom.tasks.examples.files import fitted_files, read_estimator
from seqloom.tasks.examples.fit import ExampleTask
from seqloom.tasks.examples.going_on import Rows
from seqloom.tasks.examples.judging import measured, simple_figures
from seqloom.tasks.examples.observing import observed
from seqloom.tasks.examples.settings import ExampleSettings
from seqloom.tasks.examples.values import Division, Examples, Facts, Fitted, Given, HeldOut, taken
from seqloom.tasks.figures import Figures
from seqloom.tasks.inspecting.subject import Asked
from seqloom.tasks.memory import loading
from seqloom.tasks.model_directory import WEIGHTS, read_newest
from seqloom.tasks.task import carry_out
from seqloom.training.log import History
from seqloom.training.objectives import Objective
from seqloom.training.progress import Progress
from seqloom.training.settings import LIMITS, TrainingSettings
from seqloom.training.snapshot import tensor_bytes

if TYPE_CHECKING:
    from seqloom.inspection.embeddings import TokenVectors
    from seqloom.inspection.errors import Mistakes
    from seqloom.tasks.inspecting.subject import Subject
    from seqloom.tasks.measures.baselines import Baseline

__all__ = ["Division", "ExampleEstimator", "ExampleSettings", "Examples", "Facts", "Given", "HeldOut", "Rows", "over"]


class ExampleEstimator(Estimator, ABC):
    """An estimator over examples; see the top of this file for what a task gives.

    Its constructor is made from its ``settings``: it stores an argument for each field under its name. ``fit`` learns
    ``model_``, ``facts_``, ``baselines_``, ``history_`` and ``validation_``.
    """

    task: ClassVar[str]
    """Its name in config.json and on the command line."""
    settings: ClassVar[type[ExampleSettings]]
    """The record of its arguments."""

    objective: ClassVar[Objective[Batch]]
    """What is minimised and measured; where that depends on the data, ``_objective`` says."""

    targets_required = True
    records: ClassVar[Mapping[str, type[Settings]]] = {"training": TrainingSettings}

    batch_size: int
    training: TrainingSettings | Mapping[str, Any] | None
    model_: nn.Module
    facts_: Facts
    baselines_: Sequence[Baseline]
    history_: History
    validation_: Figures

    def _read(self, X: Any, y: Any, facts: Facts) -> Given:
        """What a user gave as an item for each example, and its target; ``X`` may be the path of a file that has both.

        There are no ``facts`` yet where it is to be learned from. Raises DataError for what cannot be read.
        """
        return Given(X, y)

    def _divide(self, given: Given, share: float, seed: int) -> Division:
        """Which examples are learned from and which are held out, about a ``share`` of them, with 0 none.

        Examples may be in neither part, as those for testing are. DataError where one part would be empty.
        """
        total = len(given.X)
        if not share:
            return Division(range(total), (), "")
        count = round(share * total)
        if not 0 < count < total:
            raise DataError(f"There are too few examples: of {total:,}, {count:,} would be held out. Give more.")
        order = drawn_order(total, seed, Purpose.HELD_OUT).tolist()
        remark = f"Held out: {count:,} of {total:,} examples, drawn by seed {seed}."
        return Division(sorted(order[count:]), sorted(order[:count]), remark)

    @abstractmethod
    def _learn(self, X: Sequence[Any], y: Sequence[Any]) -> Facts:
        """What is to be known of the examples to learn from, ready for JSON. DataError where they cannot be used."""

    def _grow(self, before: Facts, X: Sequence[Any], y: Sequence[Any]) -> Facts:
        """What is to be known once a model of which ``before`` was known goes on with these examples: by default the
        same."""
        return {name: fact for name, fact in before.items() if name not in ("picked", "before")}

    def _rows(self, facts: Facts) -> Sequence[Rows]:
        """The rows of weights that are of something with a name, and grow with it; the same kinds in the same order."""
        return ()

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        """Settings that suit the data, by key, for all that is not given."""
        return {}

    @abstractmethod
    def _examples(self, facts: Facts, X: Sequence[Any], y: Sequence[Any] | None) -> Examples:
        """Examples as tensors; with ``y`` None, to predict, the targets are any. They may hold what ``_learn`` never
        saw."""

    @abstractmethod
    def _build(self, facts: Facts) -> nn.Module:
        """The module, whose weights are drawn from torch's random numbers."""

    def _batches(self, facts: Facts, examples: Examples, seed: int) -> Batches:
        """The batches to learn from, each epoch in an order of its own."""
        return examples.batches(self._settled(facts).batch_size, seed)

    def _remarks(self, facts: Facts) -> Iterable[str]:
        """What was found out about the data, a line each, to be said before training."""
        return ()

    def _objective(self, facts: Facts) -> Objective[Batch]:
        """What is minimised and measured, if not always the class's ``objective``."""
        return self.objective

    def _explained(self, facts: Facts) -> Asked:
        """What an inspection explains of an answer."""
        return Asked.of(())

    def _constants(self, facts: Facts) -> Mapping[str, Tensor]:
        """Outputs of the module (K,) that look at no input, by name."""
        return {}

    def _baselines(self, facts: Facts, X: Sequence[Any], y: Sequence[Any]) -> Sequence[Baseline]:
        """Simple models that are learned from these examples."""
        return ()

    def _figures(self, facts: Facts, y: Sequence[Any], answers: Any) -> Mapping[str, float]:
        """The figures of the answers of a simple model."""
        raise NotImplementedError

    def _simple(
        self, facts: Facts, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Mapping[str, Mapping[str, float]]:
        """The figures, by name, of all that needs no module."""
        return simple_figures(self, facts, baselines, given, examples)

    def _watched(self, facts: Facts) -> str:
        """The figure that counts most, of the module and of what is simple."""
        return self._objective(facts).watched

    def _prime(self, facts: Facts, module: nn.Module, learned: Given) -> None:
        """Give a new module other weights to begin with than it drew, before it learns from these examples."""

    def _finish(self, facts: Facts, module: nn.Module, held_out: HeldOut) -> Facts:
        """What is known once the module is trained: what is chosen by what is held out is added."""
        return facts

    def _judge(
        self, facts: Facts, module: nn.Module, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Figures:
        """The figures of a module, beside those of what is simple."""
        found = measured(self, facts, module, examples)
        found = dataclasses.replace(found, baselines=self._simple(facts, baselines, given, examples))
        return dataclasses.replace(found, notes=(found.verdict(),))

    @abstractmethod
    def _answers(self, facts: Facts, module: nn.Module, batch: Batch) -> list[Any]:
        """What is predicted for each row of a batch."""

    def fit(
        self,
        X: Any,
        y: Any = None,
        validation: Any = 0.1,
        *,
        start_from: Any = None,
        run: str | Path | None = None,
        resume: bool = False,
        force: bool = False,
        progress: bool | Progress | None = None,
    ) -> Self:
        """Learn from examples ``X`` and their targets ``y``, or from a file that has both.

        ``validation`` is what is held out to judge by and to choose the weights: a share, drawn by the seed, a file, or
        a pair (X, y). ``start_from`` is a trained model of the same kind and settings, or its directory, to go on from:
        it stays as it is, and how well it did stands beside the figures. With ``run``, a directory, training is
        checkpointed there: ``resume`` continues it, ``force`` begins it anew.
        """
        place = None if run is None else Path(run)
        self._take(carry_out(ExampleTask(self, X, y, validation, start_from), place, resume, force, progress))
        return self

    def predict(self, X: Any) -> Any:
        """An answer for each example, in their order; how many are given at once changes nothing."""
        return [answer for answers in self._over(X, self._answers) for answer in answers]

    def evaluate(self, X: Any, y: Any = None) -> Figures:
        """Every figure of the objective on some examples, beside those of the constant answers."""
        self._check_fitted("model_")
        given = taken(self, X, y, self.facts_, targets=True)
        examples = self._examples(self.facts_, given.X, given.y)
        return self._judge(self.facts_, self.model_, self.baselines_, given, examples)

    def score(self, X: Any, y: Any = None) -> float:
        """The watched figure, its sign changed where low is good: the higher the better."""
        found = self.evaluate(X, y)
        return (1 if found.higher_is_better else -1) * found.model[found.watched]

    def subject(self, X: Any, y: Any = None) -> Subject:
        """The model over the first examples, as an inspection looks at it."""
        from seqloom.tasks.examples.subject import subject_of

        self._check_fitted("model_")
        return subject_of(self, taken(self, X, y, self.facts_, targets=False))

    def mistakes(self, X: Any, y: Any = None) -> Mistakes | None:
        """Where it errs on some examples; None for a task that has no such notion, and without targets."""
        self._check_fitted("model_")
        given = taken(self, X, y, self.facts_, targets=False)
        return None if given.y is None else self._mistakes(given)

    def _mistakes(self, given: Given) -> Mistakes | None:
        return None

    def token_vectors(self) -> Sequence[TokenVectors]:
        """The tables of vectors that tokens are read by; none where numbers are read."""
        from seqloom.tasks.examples.vectors import vectors_of

        self._check_fitted("model_")
        return vectors_of(self.model_, self._rows(self.facts_))

    def save(self, path: str | Path) -> None:
        """Write a model directory, all at once; one that is there is replaced. No pickles."""
        self._check_fitted("model_")
        refuse_run(Path(path))
        files = fitted_files(self, self._fitted()) | {WEIGHTS: tensor_bytes(self.model_.state_dict())}
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

    def observable(self, X: Any, y: Any = None) -> Reading:
        """The module and how it reads ``X``, all rows as one batch: for ``seqloom.inspection.trace``.

        What writes a text is given ``y``, or what it would write itself.
        """
        self._check_fitted("model_")
        return observed(self, taken(self, X, y, self.facts_, targets=False))

    def _over(self, X: Any, function: Callable[[Facts, nn.Module, Batch], Any]) -> Iterator[Any]:
        """What a function of the facts, the module and a batch says of the batches of some examples, in their order."""
        self._check_fitted("model_")
        given = taken(self, X, None, self.facts_, targets=False)
        return over(self.facts_, self.model_, self._examples(self.facts_, given.X, None), function)

    def _settled(self, facts: Facts) -> Any:
        """The record of the arguments, checked; what was not given is what the data suggested. Raises UsageError."""
        given = {name: value for name, value in self.get_params(deep=False).items() if value is not None}
        checked = self.settings.from_mapping(given)
        picked = facts.get("picked", {})
        return self.settings.from_mapping(nested(self.settings, picked | self._given())) if picked else checked

    def _given(self) -> dict[str, Any]:
        """The arguments that were given, by key."""
        given = {name: value for name, value in self.get_params(deep=False).items() if value is not None}
        if isinstance(self.training, TrainingSettings):
            given["training"] = self.training.to_mapping()
        return flattened(self.settings, given)

    def _picked(self, facts: Facts) -> dict[str, Any]:
        """What suits the data of all that was not given; a limit that was given stands alone."""
        given = self._given()
        picked = dict(self._pick(facts))
        if any(given.get(limit) is not None for limit in LIMITS):
            picked |= dict.fromkeys(LIMITS)
        return {key: value for key, value in picked.items() if key not in given}

    def _with_fields(self, name: str, value: object, fields: Mapping[str, Any]) -> object:
        if isinstance(value, TrainingSettings):
            return super()._with_fields(name, value, fields)
        given = {**dict(value or {}), **fields}  # type: ignore[call-overload]
        self._record(name, given)
        return given

    def _take(self, fitted: Fitted) -> None:
        self.model_, self.facts_, self.baselines_ = fitted.module, fitted.facts, fitted.baselines
        self._fingerprint, self._share = fitted.fingerprint, fitted.share
        for name, value in (("history_", fitted.history), ("validation_", fitted.validation)):
            vars(self).pop(name, None)
            if value is not None:
                setattr(self, name, value)

    def _fitted(self) -> Fitted:
        history, validation = getattr(self, "history_", None), getattr(self, "validation_", None)
        learned = (self.model_, self.facts_, self._fingerprint, self._share, self.baselines_)
        return Fitted(*learned, history, validation)


def over(
    facts: Facts, module: nn.Module, examples: Examples, function: Callable[[Facts, nn.Module, Batch], Any]
) -> Iterator[Any]:
    """What a function says of the batches of some examples, in their order."""
    module.eval()
    device = next((weight.device for weight in module.parameters()), torch.device("cpu"))
    for batch in examples.batches():
        with torch.no_grad():
            found = function(facts, module, batch.to(device))
        yield found
