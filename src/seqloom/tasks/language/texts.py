"""From what a user gives, paths or a list of texts, to the windows that a model reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seqloom.data import (
    Boundaries,
    Corpus,
    Document,
    Files,
    Lanes,
    Texts,
    TokenStream,
    Vocabulary,
    encode_corpus,
    learn_vocabulary,
)
from seqloom.errors import UsageError
from seqloom.tasks.language.given import Data, source_of
from seqloom.tasks.language.settings import LanguageSettings
from seqloom.training.evaluation import Watch

__all__ = ["Data", "encode", "lanes_for", "learn"]

_LEAST_WINDOWS = 8


def learn(data: Data, settings: LanguageSettings, watch: Watch | None = None) -> Vocabulary:
    """The vocabulary of a text, unless one was given."""
    tokens = settings.tokens
    if isinstance(tokens, Vocabulary):
        return tokens
    source = source_of(data)
    if isinstance(source, Corpus | TokenStream):
        raise UsageError("A vocabulary is learned from text: give a path or a list of texts.")
    if isinstance(source, Files):
        pieces = source.documents(settings.document, _observer(source, watch))
    else:
        pieces = source.documents(settings.document)
    return learn_vocabulary(tokens, pieces, settings.minimum_count, settings.vocabulary_size)


def encode(
    data: Data, vocabulary: Vocabulary, document: Document, folder: Path | None, watch: Watch | None = None
) -> TokenStream:
    """All of a text as ids; those of files lie in a file without a name in ``folder`` (None: among temporary ones)."""
    source = source_of(data)
    if isinstance(source, Files):
        return encode_corpus(source, vocabulary, document, folder, _observer(source, watch)).stream()
    if isinstance(source, Texts):
        return Corpus.from_texts(source.texts, vocabulary).stream()
    stream = source if isinstance(source, TokenStream) else source.stream()
    if stream.corpus.facts.vocabulary_sha256 != vocabulary.fingerprint:
        raise UsageError("This text was encoded with another vocabulary than the model's. Give the text itself.")
    return stream


def lanes_for(settings: LanguageSettings, stream: TokenStream, boundaries: Boundaries, seed: int | None) -> Lanes:
    """Windows for training: ``batch_size`` rows, or fewer where the text would not fill them; see :class:`Lanes`.

    Every lane gets at least eight windows while there is more than one, so that there is something to carry, or a
    document. A document longer than the share of a lane is learned from in parts, each of which begins afresh.
    """
    least = settings.window * _LEAST_WINDOWS
    most = max(len(stream) // least, stream.documents if boundaries.reset else 1)
    rows = max(1, min(settings.batch_size, most))
    longest = max(least, len(stream) // rows)
    return Lanes(stream, rows, settings.window, boundaries, seed=seed, longest=longest)


def _observer(files: Files, watch: Watch | None) -> Callable[[bytes], None] | None:
    """What tells ``watch``, block by block, how many bytes of all have been read."""
    if watch is None:
        return None
    read, total = 0, files.size

    def observe(block: bytes) -> None:
        nonlocal read
        read += len(block)
        watch(read, max(read, total))

    return observe
