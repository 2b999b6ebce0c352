"""Learning a language model: vocabulary, windows, network, baselines, training, and the score of the part held out."""

from __future__ import annotations

import dataclasses
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from numbers import Real
from pathlib import Path
from typing import NamedTuple, cast

from seqloom.data import Boundaries, Stream
from seqloom.errors import Interrupted, UsageError, warn
from seqloom.storage.run import Run
from seqloom.tasks.baselines import Baselines
from seqloom.tasks.evaluation import Evaluation
from seqloom.tasks.given import source_of
from seqloom.tasks.held_out import Parts, divide
from seqloom.tasks.language_files import Fitted, differences, model_files, read_fitted
from seqloom.tasks.language_settings import LanguageSettings
from seqloom.tasks.measuring import measure, score_in_time
from seqloom.tasks.memory import enough_memory
from seqloom.tasks.texts import Data, encode, lanes_for, learn
from seqloom.tasks.without_effect import without_effect
from seqloom.training.fabric import pick_device
from seqloom.training.log import History
from seqloom.training.loop import fit as train
from seqloom.training.objectives import NextToken
from seqloom.training.open_run import open_run
from seqloom.training.problem import Problem
from seqloom.training.progress import Progress, show
from seqloom.training.ranks import Ranks, join
from seqloom.training.settings import TrainingSettings

__all__ = ["fit"]

_LONGEST_LANE = 1 << 18
_JUDGED = 1 << 17
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
    with ExitStack() as stack:
        ranks = stack.enter_context(join())
        stack.enter_context(ranks.one_voice())
        pick_device(settings.training, ranks)
        data = source_of(data)
        progress = progress if ranks.first else False
        shown = show(progress) if isinstance(progress, bool | None) else progress
        for sentence in without_effect(settings, data, _share(validation) == 0, preview is not None):
            warn(sentence)
        stack.enter_context(enough_memory("Choose a smaller batch_size, window, vocabulary_size or spec."))
        shown.start()
        stack.callback(shown.stop)
        run = None if place is None else stack.enter_context(open_run(place, ranks, resume=resume, force=force))
        prepared = _prepare(settings, data, validation, place, run, shown)
        _check_time(settings.training, time.monotonic() - began)
        if prepared.parts.remark:
            shown.message(prepared.parts.remark)
        return _train(prepared, run, ranks, preview, shown, began)


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
    settings: LanguageSettings,
    data: Data,
    validation: float | Data,
    folder: Path | None,
    run: Run | None,
    progress: Progress,
) -> _Prepared:
    """Read the text and build the model; a run that is to be replaced is not touched before this has succeeded."""
    before = None
    if run is not None and run.latest is not None:
        before, seed = _before(settings, run.path, run.latest.files)
        settings = _with_seed(settings, seed)

    def watch(done: int, total: int) -> None:
        progress.watch("reading", done, total)

    vocabulary = learn(data, settings, watch) if before is None else before.vocabulary
    whole = encode(data, vocabulary, settings.document, folder, watch)
    many = whole.documents > 1
    boundaries = Boundaries(many if settings.reset is None else settings.reset, settings.start, ends=many)
    share = _share(validation)
    held_out = encode(cast(Data, validation), vocabulary, settings.document, folder, watch) if share is None else share
    parts = divide(settings, whole, held_out, boundaries, folder)
    if run is not None and before is not None:
        _check_same_text(run.path, before.fingerprint, parts.fingerprint)
    baselines = Baselines.fit(parts.learned.ids, vocabulary.size)
    fitted = Fitted(
        settings.build(vocabulary), vocabulary, baselines, boundaries, fingerprint=parts.fingerprint, share=share
    )
    model_files(settings, fitted)
    return _Prepared(settings, fitted, parts)


def _share(validation: object) -> float | None:
    """The share to hold out, or None for a text of its own."""
    return float(validation) if isinstance(validation, Real) else None


def _check_same_text(run: Path, before: str, now: str) -> None:
    if before == now:
        return
    if before.partition(":")[0] == now.partition(":")[0]:
        what = "held out another part of this text, or is of an older seqloom that read documents in another order"
    else:
        what = "was trained on another text"
    raise UsageError(
        f"{run} {what}. Resume with the same text and --validation, or replace the run with --force (in Python "
        "force=True)."
    )


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
    ranks: Ranks,
    preview: Callable[[Fitted], str] | None,
    progress: Progress,
    began: float,
) -> Fitted:
    settings, fitted, parts = prepared
    if run is not None:
        run.model_files = lambda: model_files(settings, fitted)
    batches = lanes_for(settings, parts.learned, fitted.boundaries, settings.training.seed)
    judged = None
    if parts.held_out is not None:
        judged = lanes_for(settings, parts.held_out.first(_JUDGED), fitted.boundaries, None)
    history = train(
        Problem(fitted.model, NextToken(fitted.vocabulary.size), batches, judged),
        _with_time_to_score(settings.training) if judged is not None else settings.training,
        run,
        progress,
        began=began,
        after_evaluation=(lambda: preview(fitted)) if preview is not None else lambda: None,
    )
    try:
        found = ranks.by_first(lambda: _score(settings, fitted, parts, history, progress))
    except KeyboardInterrupt:
        kept = (
            f"The model is whole in {run.path}; --resume (in Python resume=True) scores it."
            if run
            else "Nothing is saved."
        )
        raise Interrupted(signal.SIGINT, f"Stopped while the held-out text was scored. {kept}") from None
    learned = fitted._replace(history=history, validation=found)
    if run is not None:
        run.add(model_files(settings, learned))
    return learned


def _with_time_to_score(training: TrainingSettings) -> TrainingSettings:
    """What is limited in minutes ends a little earlier, since the score of the held-out text is to fit in, too."""
    minutes = None if training.minutes is None else (1 - _SCORING_SHARE) * training.minutes
    return dataclasses.replace(training, minutes=minutes)


def _score(
    settings: LanguageSettings, fitted: Fitted, parts: Parts, history: History, progress: Progress
) -> Evaluation | None:
    """The figures of the held-out text; where minutes are limited, of as much of it as can be read in the rest."""
    held_out, remark = parts.held_out, parts.remark
    if held_out is None:
        return None

    def score(stream: Stream) -> Evaluation:
        return measure(fitted, stream, lambda done, total: progress.watch("scoring", done, total), _LONGEST_LANE)

    limit = settings.training.minutes
    if limit is None:
        found = score(held_out)
    else:
        left = max(_SCORING_SHARE * 60 * limit, 60 * limit - history.seconds)
        found, read = score_in_time(held_out, left, score)
        if read < len(held_out):
            said = f"Scored: the first {read:,} of the {len(held_out):,} tokens held out, for want of time."
            remark = f"{remark} {said}".lstrip()
    chosen_among = max(1, len(history.column("validation_loss")))
    return dataclasses.replace(found, chosen_among=chosen_among, remark=remark)
