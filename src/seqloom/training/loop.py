"""The loop: windows in, updates out, until a limit; whatever stops it, it can go on from there.

A step reads the next windows, computes the mean nats per real token, and updates the weights once. The state is
carried from window to window without its gradient (truncated backpropagation through time; Williams & Peng, 1990).
Before every step the loop settles what is due at this point of the run, in a fixed order: the record with its
evaluation, the end, a signal, a checkpoint. So a run that resumes at a checkpoint settles the same things.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from torch import nn

from seqloom.errors import UsageError
from seqloom.training.batch import Batches
from seqloom.training.checkpoints import Run
from seqloom.training.log import History
from seqloom.training.progress import Progress, Silent
from seqloom.training.settings import ScheduleName, TrainingSettings
from seqloom.training.trainer import Trainer

__all__ = ["fit"]


def fit(
    module: nn.Module,
    batches: Batches,
    validation: Batches | None,
    settings: TrainingSettings,
    run: Run | None = None,
    progress: Progress | None = None,
    *,
    began: float | None = None,
    ceiling: float = math.inf,
    after_evaluation: Callable[[], str | None] = lambda: None,
) -> History:
    """Train a causal layer from ids to logits, in place, and return what happened.

    The module ends in evaluation mode, on the device of the run, with the weights of the lowest validation loss
    (the last ones without ``validation``). With a ``run``, checkpoints are written, and a run that has one resumes.
    The seconds of the run count from ``began`` (of ``time.monotonic``; None: from now). A loss above ``ceiling`` is
    taken for divergence. What ``after_evaluation`` says of the present weights is shown.

    Raises ``Interrupted`` after a signal (checkpoint written), ``DivergedError`` when the loss is not finite or absurd,
    ``StorageError`` when a checkpoint cannot be written; the last good checkpoint stays in every case.
    """
    _check(batches, validation, settings)
    with Trainer(
        module,
        batches,
        validation,
        settings,
        run,
        progress or Silent(),
        began=time.monotonic() if began is None else began,
        ceiling=ceiling,
        after_evaluation=after_evaluation,
    ) as trainer:
        while True:
            stopped = trainer.settle()
            if stopped is not None:
                return trainer.finish(stopped)
            trainer.step()


def _check(batches: Batches, validation: Batches | None, settings: TrainingSettings) -> None:
    if len(batches) == 0:
        raise UsageError("Expected at least one window to train on, got none. Give more text or shorter windows.")
    if validation is not None and len(validation) == 0:
        raise UsageError("Expected at least one window to validate on, got none. Give more text or shorter windows.")
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
