"""From what a user gives, paths or a list of texts, to the windows that a model reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from seqloom.data import (
    Corpus,
    Document,
    Files,
    Lanes,
    Stream,
    Texts,
    Tokens,
    Vocabulary,
    encode_corpus,
    learn_vocabulary,
)
from seqloom.errors import UsageError
from seqloom.tasks.given import Data, source_of
from seqloom.tasks.language_settings import LanguageSettings

__all__ = ["Data", "Progress", "document_count", "documents_are_many", "encode", "lanes_for", "learn"]

Progress = Callable[[int, int], None]

_LEAST_WINDOWS = 8
_BLOCK = 1 << 22


def learn(data: Data, tokens: Tokens, document: Document, minimum_count: int, maximum: int | None) -> Vocabulary:
    """The vocabulary of a text."""
    source = source_of(data)
    if isinstance(source, Corpus | Stream):
        raise UsageError("A vocabulary is learned from text: give a path or a list of texts.")
    return learn_vocabulary(tokens, source.documents(document), minimum_count, maximum)


def encode(
    data: Data, vocabulary: Vocabulary, document: Document, folder: Path | None, progress: Progress | None = None
) -> Stream:
    """All of a text as ids; those of files lie in a file without a name in ``folder`` (None: among temporary ones)."""
    source = source_of(data)
    if isinstance(source, Files):
        return encode_corpus(source, vocabulary, document, folder, progress).stream()
    if isinstance(source, Texts):
        return Corpus.from_texts(source.texts, vocabulary).stream()
    stream = source if isinstance(source, Stream) else source.stream()
    if stream.corpus.facts.vocabulary_sha256 != vocabulary.fingerprint:
        raise UsageError("This text was encoded with another vocabulary than the model's. Give the text itself.")
    return stream


def documents_are_many(data: Data, document: Document) -> bool:
    """Whether a text falls into documents, so that by default each begins with a fresh state."""
    source = source_of(data)
    return True if isinstance(source, Corpus | Stream) else source.has_documents(document)


def lanes_for(settings: LanguageSettings, stream: Stream, reset: bool, ends: bool, seed: int | None) -> Lanes:
    """Windows for training: ``batch_size`` rows, or fewer where the text would not fill them; see :class:`Lanes`.

    Every lane gets at least eight windows while there is more than one, so that there is something to carry, or a
    document. A document longer than the share of a lane is learned from in parts, each of which begins afresh.
    """
    least = settings.window * _LEAST_WINDOWS
    most = max(len(stream) // least, document_count(stream) if reset else 1)
    rows = max(1, min(settings.batch_size, most))
    longest = max(least, len(stream) // rows)
    return Lanes(stream, rows, settings.window, reset, settings.start, ends, seed, longest)


def document_count(stream: Stream) -> int:
    """The documents that end in a part of a corpus, and the one that its end cuts off."""
    targets = stream.targets
    blocks = (targets[at : at + _BLOCK] for at in range(0, len(targets), _BLOCK))
    ends = sum(int(np.count_nonzero(block == stream.eos)) for block in blocks)
    return ends + int(len(targets) > 0 and targets[-1] != stream.eos)
