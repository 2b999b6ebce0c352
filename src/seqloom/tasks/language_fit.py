"""Learning a language model: vocabulary, windows, network, baselines, training, and the score of the part held out."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from seqloom.data import Stream, Vocabulary, split
from seqloom.errors import UsageError
from seqloom.tasks.baselines import Baselines
from seqloom.tasks.language_files import Fitted, differences, model_files, read_fitted
from seqloom.tasks.language_settings import LanguageSettings
from seqloom.tasks.measuring import measure
from seqloom.tasks.memory import enough_memory
from seqloom.tasks.texts import Data, documents_are_many, encode, lanes_for, learn, workplace
from seqloom.training.checkpoints import Run, versions
from seqloom.training.fabric import pick_device
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
    pick_device(settings.training)
    with enough_memory("Choose a smaller batch_size, window, vocabulary_size or spec."), ExitStack() as stack:
        if place is not None and force and versions(place):
            beside = stack.enter_context(tempfile.TemporaryDirectory(prefix=".tmp-", dir=place.absolute().parent))
            prepared = _prepare(settings, data, validation, Path(beside), None)
            run: Run | None = stack.enter_context(Run(place, resume=resume, force=True))
        else:
            run = None if place is None else stack.enter_context(Run(place, resume=resume, force=force))
            folder = stack.enter_context(workplace(None if run is None else run.path))
            prepared = _prepare(settings, data, validation, folder, run)
        return _train(settings, prepared, run, show(progress) if isinstance(progress, bool | None) else progress)


class _Prepared(NamedTuple):
    """All that can go wrong before training has gone right."""

    fitted: Fitted
    learned: Stream
    held_out: Stream | None


def _prepare(
    settings: LanguageSettings, data: Data, validation: float | Data, folder: Path, run: Run | None
) -> _Prepared:
    """Read the text and build the model; a run that is to be replaced is not touched before this has succeeded."""
    before = None if run is None or run.latest is None else _before(settings, run.path, run.latest.files)
    vocabulary = _vocabulary(settings, data) if before is None else before.vocabulary
    reset = documents_are_many(data, settings.document) if settings.reset is None else settings.reset
    learned, held_out = _parts(settings, data, validation, vocabulary, folder, 1 if reset else settings.window)
    text = _fingerprint(learned)
    if run is not None and before is not None and before.text != text:
        raise UsageError(
            f"{run.path} was trained on another text. Resume with the same one, or replace the run with --force"
            " (in Python force=True)."
        )
    baselines = Baselines.fit(learned.ids, vocabulary.size)
    fitted = Fitted(settings.build(vocabulary), vocabulary, baselines, reset, text=text)
    model_files(settings, fitted)
    return _Prepared(fitted, learned, held_out)


def _before(settings: LanguageSettings, path: Path, files: Mapping[str, bytes]) -> Fitted:
    """What the run that is to be resumed has learned, once the settings have proven to be its own."""
    parameters, before = read_fitted(files)
    if problems := differences(settings, parameters, before):
        raise UsageError("\n  ".join([f"{path} cannot be resumed: it is of another model.", *problems]))
    return before


def _train(settings: LanguageSettings, prepared: _Prepared, run: Run | None, progress: Progress) -> Fitted:
    fitted, learned, held_out = prepared
    if run is not None:
        run.model_files = lambda: model_files(settings, prepared.fitted)
    batches, judged = (
        None if part is None else lanes_for(part, settings.batch_size, settings.window, fitted.reset, settings.start)
        for part in (learned, held_out)
    )
    assert batches is not None
    fitted = fitted._replace(history=train(fitted.model, batches, judged, settings.training, run, progress))
    if held_out is not None:
        found = measure(
            fitted.model,
            fitted.vocabulary,
            held_out,
            fitted.reset,
            settings.start,
            fitted.baselines,
            longest_lane=_LONGEST_LANE,
        )
        fitted = fitted._replace(validation=found)
    if run is not None:
        # The score of the held-out text.
        run.add(model_files(settings, fitted))
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
