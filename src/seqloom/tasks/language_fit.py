"""Learning a language model: vocabulary, windows, network, baselines, training, and the score of the part held out."""

from __future__ import annotations

import dataclasses
import math
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from seqloom.data import Stream, Vocabulary
from seqloom.errors import Interrupted, UsageError, warn
from seqloom.tasks.baselines import Baselines
from seqloom.tasks.evaluation import Evaluation
from seqloom.tasks.generation import is_one_stream
from seqloom.tasks.given import source_of
from seqloom.tasks.held_out import Parts, affordable, divide
from seqloom.tasks.language_files import Fitted, differences, model_files, read_fitted
from seqloom.tasks.language_settings import LanguageSettings
from seqloom.tasks.measuring import measure
from seqloom.tasks.memory import enough_memory
from seqloom.tasks.texts import Data, documents_are_many, lanes_for, learn
from seqloom.tasks.without_effect import without_effect
from seqloom.training.checkpoints import Run
from seqloom.training.fabric import pick_device
from seqloom.training.log import History
from seqloom.training.loop import fit as train
from seqloom.training.progress import Progress, show
from seqloom.training.settings import TrainingSettings

__all__ = ["fit"]

_LONGEST_LANE = 1 << 18
_JUDGED = 1 << 17
_ABSURD = 10.0
_SCORING_SHARE = 0.05


def fit(
    settings: LanguageSettings,
    data: Data,
    validation: float | Data,
    place: Path | None,
    resume: bool,
    force: bool,
    preview: Callable[[Fitted], str] | None,
    progress: bool | Progress | None,
) -> Fitted:
    """See :meth:`seqloom.tasks.LanguageModel.fit`; ``preview`` writes text with what is learned so far."""
    began = time.monotonic()
    if place is None and (resume or force):
        raise UsageError("resume and force need the directory of a run.")
    pick_device(settings.training)
    data = source_of(data)
    shown = show(progress) if isinstance(progress, bool | None) else progress
    for sentence in without_effect(settings, data, validation == 0, preview is not None):
        warn(sentence)
    with enough_memory("Choose a smaller batch_size, window, vocabulary_size or spec."), ExitStack() as stack:
        run = None if place is None else stack.enter_context(Run(place, resume=resume, force=force))
        prepared = _prepare(settings, data, validation, place, run)
        _check_time(settings.training, time.monotonic() - began)
        if prepared.parts.remark:
            shown.message(prepared.parts.remark)
        return _train(prepared, run, preview, shown, began)


def _check_time(training: TrainingSettings, seconds: float) -> None:
    if training.minutes is not None and seconds >= 60 * training.minutes:
        raise UsageError(
            f"minutes: {training.minutes:g} were over when the text was read, which took {seconds / 60:.2g}. "
            "Nothing was learned; give more."
        )


class _Prepared(NamedTuple):
    """All that can go wrong before training has gone right."""

    settings: LanguageSettings
    fitted: Fitted
    parts: Parts


def _prepare(
    settings: LanguageSettings, data: Data, validation: float | Data, folder: Path | None, run: Run | None
) -> _Prepared:
    """Read the text and build the model; a run that is to be replaced is not touched before this has succeeded."""
    before = None
    if run is not None and run.latest is not None:
        before, seed = _before(settings, run.path, run.latest.files)
        settings = _with_seed(settings, seed)
    vocabulary = _vocabulary(settings, data) if before is None else before.vocabulary
    reset = documents_are_many(data, settings.document) if settings.reset is None else settings.reset
    parts = divide(settings, data, validation, vocabulary, reset, folder)
    if run is not None and before is not None and before.text != parts.fingerprint:
        raise UsageError(
            f"{run.path} was trained on another text, or held out another part of it. Resume with the same, or replace "
            "the run with --force (in Python force=True)."
        )
    baselines = Baselines.fit(parts.learned.ids, vocabulary.size)
    share = float(validation) if isinstance(validation, int | float) else None
    model = settings.build(vocabulary)
    fitted = Fitted(model, vocabulary, baselines, reset, text=parts.fingerprint, held_out=share)
    model_files(settings, fitted)
    return _Prepared(settings, fitted, parts)


def _before(settings: LanguageSettings, path: Path, files: Mapping[str, bytes]) -> tuple[Fitted, int]:
    """What the run that is to be resumed has learned, and its seed, once the settings have proven to be its own."""
    parameters, before = read_fitted(files)
    if problems := differences(settings, parameters, before):
        raise UsageError("\n  ".join([f"{path} cannot be resumed: it is of another model.", *problems]))
    return before, parameters["training"].seed


def _with_seed(settings: LanguageSettings, seed: int) -> LanguageSettings:
    """A run goes on with the random numbers that it began with."""
    if settings.training.seed != seed:
        warn(f"seed: no effect on a run that goes on; it stays {seed}.")
    return dataclasses.replace(settings, training=dataclasses.replace(settings.training, seed=seed))


def _train(
    prepared: _Prepared,
    run: Run | None,
    preview: Callable[[Fitted], str] | None,
    progress: Progress,
    began: float,
) -> Fitted:
    settings, fitted, parts = prepared
    if run is not None:
        run.model_files = lambda: model_files(settings, fitted)
    ends = not is_one_stream(fitted.vocabulary, fitted.baselines)
    batches, judged = (
        None if part is None else lanes_for(settings, part, fitted.reset, ends, seed)
        for part, seed in (
            (parts.learned, settings.training.seed),
            (None if parts.held_out is None else parts.held_out.first(_JUDGED), None),
        )
    )
    assert batches is not None
    history = train(
        fitted.model,
        batches,
        judged,
        _with_time_to_score(settings.training) if judged is not None else settings.training,
        run,
        progress,
        began=began,
        ceiling=_ABSURD * max(1.0, math.log(fitted.vocabulary.size)),
        after_evaluation=(lambda: preview(fitted)) if preview is not None else lambda: None,
    )
    progress.start()
    try:
        found = None if parts.held_out is None else _score(settings, fitted, parts.held_out, history, progress)
    except KeyboardInterrupt:
        kept = (
            f"The model is whole in {run.path}; --resume (in Python resume=True) scores it."
            if run
            else "Nothing is saved."
        )
        raise Interrupted(signal.SIGINT, f"Stopped while the held-out text was scored. {kept}") from None
    finally:
        progress.stop()
    learned = fitted._replace(history=history, validation=found)
    if run is not None:
        run.add(model_files(settings, learned))
    return learned


def _with_time_to_score(training: TrainingSettings) -> TrainingSettings:
    """What is limited in minutes ends a little earlier, since the score of the held-out text is to fit in, too."""
    minutes = None if training.minutes is None else (1 - _SCORING_SHARE) * training.minutes
    return dataclasses.replace(training, minutes=minutes)


def _score(
    settings: LanguageSettings, fitted: Fitted, held_out: Stream, history: History, progress: Progress
) -> Evaluation:
    """The figures of the held-out text; where minutes are limited, of as much of it as can be read in the rest."""

    def score(stream: Stream) -> Evaluation:
        return measure(fitted, stream, settings.start, progress.scoring, _LONGEST_LANE)

    limit = settings.training.minutes
    if limit is None:
        scored = held_out
    else:
        left = max(_SCORING_SHARE * 60 * limit, 60 * limit - history.seconds)
        scored = affordable(held_out, left, score)
        if len(scored) < len(held_out):
            progress.message(f"Scored: the first {len(scored):,} of the {len(held_out):,} tokens, for want of time.")
    chosen_among = max(1, len(history.column("validation_loss")))
    return dataclasses.replace(score(scored), chosen_among=chosen_among)


def _vocabulary(settings: LanguageSettings, data: Data) -> Vocabulary:
    if isinstance(settings.tokens, Vocabulary):
        return settings.tokens
    return learn(data, settings.tokens, settings.document, settings.minimum_count, settings.vocabulary_size)
