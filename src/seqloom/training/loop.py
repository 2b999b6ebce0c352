"""The loop: batches in, updates out, until a limit; whatever stops it, it can go on from there.

A step reads the next batches, asks the objective for their loss, and updates the weights once. What one batch hands to
the next (a state, say) is carried along, from the first batch of an epoch to its last.
Before every step the loop settles what is due at this point of the run, in a fixed order: the record with its
evaluation, the end, a signal, a checkpoint. So a run that resumes at a checkpoint settles the same things.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from seqloom.errors import UsageError
from seqloom.storage.run import Run
from seqloom.training.log import History
from seqloom.training.problem import Problem
from seqloom.training.progress import Progress, Silent
from seqloom.training.ranks import join
from seqloom.training.refusals import saying_what_is_kept
from seqloom.training.settings import ScheduleName, TrainingSettings
from seqloom.training.trainer import Trainer

__all__ = ["fit"]


def fit(
    problem: Problem,
    settings: TrainingSettings,
    run: Run | None = None,
    progress: Progress | None = None,
    *,
    began: float | None = None,
    after_evaluation: Callable[[], str | None] = lambda: None,
) -> History:
    """Train a module in place, and return what happened.

    It ends in evaluation mode, on the device of the run, with the weights of the best evaluation (the last ones without
    ``validation``). With a ``run``, checkpoints are written, and a run that has one resumes. The seconds of the run
    count from ``began`` (of ``time.monotonic``; None: from now). What ``after_evaluation`` says of the present weights
    is shown.

    Of several processes, started by torchrun, each learns from its rows of every batch: the weights are those that one
    process would find, and all get them. The first one writes and shows; ``run`` is from ``open_run``.

    Raises ``Interrupted`` after a signal (checkpoint written), ``DivergedError`` when the loss is not finite or absurd,
    ``StorageError`` when a checkpoint cannot be written, ``PeerError`` when another process is gone; the last good
    checkpoint stays in every case.
    """
    _check(problem, settings)
    began = time.monotonic() if began is None else began
    progress = progress or Silent()
    with (
        join(),
        saying_what_is_kept(run),
        Trainer(problem, settings, run, progress, began=began, after_evaluation=after_evaluation) as trainer,
    ):
        while (stopped := trainer.settle()) is None:
            trainer.step()
        return trainer.finish(stopped)


def _check(problem: Problem, settings: TrainingSettings) -> None:
    validation = problem.validation
    if len(problem.batches) == 0:
        raise UsageError("Expected at least one batch to train on, got none. Give more data.")
    if validation is not None and len(validation) == 0:
        raise UsageError("Expected at least one batch to validate on, got none. Give more data.")
    needs = [
        name
        for name, needed in (
            ("patience", settings.patience is not None),
            ("schedule 'plateau'", settings.schedule is ScheduleName.PLATEAU),
        )
        if needed and validation is None
    ]
    if needs:
        raise UsageError(f"{' and '.join(needs)} watch the validation loss, but there is no validation data.")
