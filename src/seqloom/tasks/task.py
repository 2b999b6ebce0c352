"""The one way from data to a fitted model, whatever the task: prepare, train, judge, keep."""

from __future__ import annotations

import dataclasses
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from seqloom.errors import Interrupted, UsageError, warn
from seqloom.storage.run import Run
from seqloom.tasks.memory import enough_memory
from seqloom.training.evaluation import Watch
from seqloom.training.fabric import pick_device
from seqloom.training.log import History
from seqloom.training.loop import fit as train
from seqloom.training.open_run import open_run
from seqloom.training.problem import Problem
from seqloom.training.progress import Progress, show
from seqloom.training.ranks import join
from seqloom.training.refusals import saying_what_is_kept
from seqloom.training.settings import TrainingSettings

__all__ = ["Prepared", "Task", "carry_out", "refuse_another_model", "with_seed"]

_JUDGING_SHARE = 0.05
"""Of limited minutes, kept to judge in."""

F = TypeVar("F")


class Prepared(NamedTuple, Generic[F]):
    """What is there before training: ``fitted``, its weights untrained, the ``problem``, a ``remark`` for people."""

    fitted: F
    problem: Problem
    remark: str = ""


class Task(ABC, Generic[F]):
    """One fit of an estimator: its settings and its data. ``F`` is what it learns, a value.

    :func:`carry_out` calls the methods in the order in which they stand here, once each, ``files`` and ``preview``
    as often as they are wanted.
    """

    advice: str = "Choose a smaller batch_size."
    """What to do where memory runs out."""

    @property
    @abstractmethod
    def training(self) -> TrainingSettings:
        """How to train, and until when."""

    @abstractmethod
    def resuming(self, path: Path, files: Mapping[str, bytes]) -> Task[F]:
        """The task that goes on from the ``files`` of a checkpoint of the run at ``path``.

        Raises UsageError where it is of other settings.
        """

    @abstractmethod
    def prepare(self, folder: Path | None, watch: Watch) -> Prepared[F]:
        """Read the data and build the model: all that can go wrong before training goes wrong here.

        What is large goes into files without a name in ``folder`` (None: among temporary ones). Raises UsageError where
        the data are not those of the run that is resumed.
        """

    @abstractmethod
    def files(self, fitted: F) -> dict[str, bytes]:
        """The files of a model directory, the weights left out."""

    def preview(self, fitted: F) -> str | None:
        """What to show of the model as it is at an evaluation, if anything."""
        return None

    @abstractmethod
    def judge(self, prepared: Prepared[F], history: History, seconds: float | None, watch: Watch) -> F:
        """What was learned, with the history and the figures of what is held out, in ``seconds`` (None: any number)."""


def carry_out(task: Task[F], place: Path | None, resume: bool, force: bool, progress: bool | Progress | None) -> F:
    """Fit; with a ``place``, in a run directory that is resumed or replaced.

    Raises UsageError for what cannot be, DataError for data that cannot be used, StorageError without memory or room,
    DivergedError, PeerError where another process is gone, and Interrupted after a signal, with everything saved.
    """
    began = time.monotonic()
    if place is None and (resume or force):
        raise UsageError("resume and force need the directory of a run.")
    with join() as ranks, ranks.one_voice(), enough_memory(task.advice), ExitStack() as stack:
        pick_device(task.training, ranks)
        progress = progress if ranks.first else False
        shown = show(progress) if isinstance(progress, bool | None) else progress
        shown.start()
        stack.callback(shown.stop)
        run = None if place is None else stack.enter_context(open_run(place, ranks, resume=resume, force=force))
        if run is not None and run.latest is not None:
            task = task.resuming(run.path, run.latest.files)
        prepared = _prepared(task, place, shown, run)
        _check_time(task.training, time.monotonic() - began)
        if prepared.remark:
            shown.message(prepared.remark)
        if run is not None:
            run.model_files = lambda: task.files(prepared.fitted)
        settings = task.training if prepared.problem.validation is None else _with_time_to_judge(task.training)
        history = train(
            prepared.problem,
            settings,
            run,
            shown,
            began=began,
            after_evaluation=lambda: task.preview(prepared.fitted),
        )
        fitted = _judge(task, prepared, history, shown, run)
        if run is not None:
            with saying_what_is_kept(run):
                ranks.by_first(lambda: run.add(task.files(fitted)))
        return fitted


def _prepared(task: Task[F], place: Path | None, progress: Progress, run: Run | None) -> Prepared[F]:
    try:
        return task.prepare(place, lambda done, total: progress.watch("reading", done, total))
    except KeyboardInterrupt:
        kept = "Nothing was learned yet." if run is None or run.latest is None else f"{run.path} is as it was."
        raise Interrupted(signal.SIGINT, f"Stopped while the data were read. {kept}") from None


def refuse_another_model(path: Path, problems: Sequence[str]) -> None:
    """Raise UsageError where there are ``problems``: what is asked for is not what the run at ``path`` is of."""
    if problems:
        raise UsageError("\n  ".join([f"{path} cannot be resumed: it is of another model.", *problems]))


def with_seed(training: TrainingSettings, seed: int) -> TrainingSettings:
    """The same for a run that goes on, with the seed that it began with; warns where another was asked for."""
    if training.seed != seed:
        warn(f"seed: no effect on a run that goes on; it stays {seed}.")
    return dataclasses.replace(training, seed=seed)


def _judge(task: Task[F], prepared: Prepared[F], history: History, progress: Progress, run: Run | None) -> F:
    limit = task.training.minutes
    seconds = None if limit is None else max(_JUDGING_SHARE * 60 * limit, 60 * limit - history.seconds)
    try:
        return task.judge(prepared, history, seconds, lambda done, total: progress.watch("scoring", done, total))
    except KeyboardInterrupt:
        kept = (
            f"The model is whole in {run.path}; --resume (in Python resume=True) scores it."
            if run
            else "Nothing is saved."
        )
        raise Interrupted(signal.SIGINT, f"Stopped while the held-out part was scored. {kept}") from None


def _check_time(training: TrainingSettings, seconds: float) -> None:
    if training.minutes is not None and seconds >= 60 * training.minutes:
        raise UsageError(
            f"minutes: {training.minutes:g} were over when the data were read, which took {seconds / 60:.2g}. "
            "Nothing was learned; give more."
        )


def _with_time_to_judge(training: TrainingSettings) -> TrainingSettings:
    """What is limited in minutes ends a little earlier, since the score of what is held out is to fit in, too."""
    minutes = None if training.minutes is None else (1 - _JUDGING_SHARE) * training.minutes
    return dataclasses.replace(training, minutes=minutes)
