"""Learning a language model: vocabulary, windows, network, baselines, training, and the score of the part held out."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from pathlib import Path

from seqloom.data import Stream, Vocabulary, split
from seqloom.errors import UsageError
from seqloom.tasks.baselines import Baselines
from seqloom.tasks.language_files import Fitted, model_files, read_fitted
from seqloom.tasks.language_settings import LanguageSettings
from seqloom.tasks.measuring import measure
from seqloom.tasks.texts import Data, documents_are_many, encode, lanes_for, learn, workplace
from seqloom.training.checkpoints import Run, newest_valid
from seqloom.training.directory import write_directory
from seqloom.training.loop import fit as train
from seqloom.training.progress import Progress, show

__all__ = ["fit"]

_LONGEST_LANE = 1 << 18


def fit(
    settings: LanguageSettings,
    data: Data,
    validation: float | Data,
    place: Path | None,
    resume: bool,
    force: bool,
    progress: bool | Progress | None,
) -> Fitted:
    """See :meth:`seqloom.tasks.LanguageModel.fit`."""
    if place is None and (resume or force):
        raise UsageError("resume and force need the directory of a run.")
    with ExitStack() as stack:
        run = None if place is None else stack.enter_context(Run(place, resume=resume, force=force))
        folder = stack.enter_context(workplace(None if run is None else run.path))
        before = None if run is None or run.latest is None else read_fitted(run.latest.files)[1]
        vocabulary = _vocabulary(settings, data) if before is None else before.vocabulary
        reset = documents_are_many(data, settings.document) if settings.reset is None else settings.reset
        learned, held_out = _parts(settings, data, validation, vocabulary, folder, 1 if reset else settings.window)
        text = _fingerprint(learned)
        if before is not None and before.text != text:
            raise UsageError(f"{place} was trained on another text. Resume with the same one, or use force.")
        baselines = Baselines.fit(learned.ids, vocabulary.size)
        fitted = Fitted(settings.build(vocabulary), vocabulary, baselines, reset, text=text)
        if run is not None:
            run.model_files = lambda: model_files(settings, fitted)
        batches, judged = (
            None if part is None else lanes_for(part, settings.batch_size, settings.window, reset, settings.start)
            for part in (learned, held_out)
        )
        assert batches is not None
        history = train(fitted.model, batches, judged, settings.training, run, _watcher(progress))
        fitted = fitted._replace(history=history)
        if held_out is not None:
            found = measure(
                fitted.model,
                vocabulary,
                held_out,
                reset,
                settings.start,
                baselines,
                longest_lane=_LONGEST_LANE,
            )
            fitted = fitted._replace(validation=found)
        if run is not None:
            _add_scores(run, settings, fitted)
        return fitted


def _vocabulary(settings: LanguageSettings, data: Data) -> Vocabulary:
    if isinstance(settings.tokens, Vocabulary):
        return settings.tokens
    return learn(data, settings.tokens, settings.document, settings.minimum_count, settings.vocabulary_size)


def _parts(
    settings: LanguageSettings,
    data: Data,
    validation: float | Data,
    vocabulary: Vocabulary,
    folder: Path,
    window: int,
) -> tuple[Stream, Stream | None]:
    """What is learned from, and what is held out to judge by."""
    share = validation if isinstance(validation, int | float) else 0.0
    if not 0 <= share < 1:
        raise UsageError(f"validation: expected a share from 0 to below 1, or a text, got {validation!r}.")
    whole = encode(data, vocabulary, settings.document, folder / "text.ids")
    if share > 0:
        learned, held_out = split(whole.corpus, (1 - share, share), window)
        return learned, held_out
    (learned,) = split(whole.corpus, (1.0,), window)
    if isinstance(validation, int | float):
        return learned, None
    return learned, encode(validation, vocabulary, settings.document, folder / "validation.ids")


def _fingerprint(stream: Stream) -> str:
    """The sha256 of the text, or of its ids where it came without a file."""
    corpus = stream.corpus
    found = corpus.source_sha256 or hashlib.sha256(corpus.ids.tobytes()).hexdigest()
    return f"{found}:{stream.stop}"


def _watcher(progress: bool | Progress | None) -> Progress:
    return show(progress) if progress is None or isinstance(progress, bool) else progress


def _add_scores(run: Run, settings: LanguageSettings, fitted: Fitted) -> None:
    """Put the score of the held-out text into the last checkpoint."""
    newest = newest_valid(run.path)
    write_directory(newest.path, newest.files | model_files(settings, fitted))
