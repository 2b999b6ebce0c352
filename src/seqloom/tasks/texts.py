"""From what a user gives, paths or a list of texts, to the windows that a model reads."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from seqloom.data import (
    Corpus,
    Document,
    Files,
    Lanes,
    Start,
    Stream,
    Texts,
    Tokens,
    Vocabulary,
    encode_corpus,
    learn_vocabulary,
)
from seqloom.errors import UsageError
from seqloom.tasks.given import Data, source_of

__all__ = ["Data", "Progress", "document_count", "documents_are_many", "encode", "lanes_for", "learn", "workplace"]

Progress = Callable[[int, int], None]

_LEAST_WINDOWS = 8
_BLOCK = 1 << 22


@contextmanager
def workplace(run: Path | None) -> Iterator[Path]:
    """Where the encoded text may lie: in the directory of the run, or in one that is deleted afterwards."""
    if run is not None:
        yield run
        return
    with tempfile.TemporaryDirectory(prefix="seqloom-") as folder:
        yield Path(folder)


def learn(data: Data, tokens: Tokens, document: Document, minimum_count: int, maximum: int | None) -> Vocabulary:
    """The vocabulary of a text."""
    source = source_of(data)
    if isinstance(source, Corpus | Stream):
        raise UsageError("A vocabulary is learned from text: give a path or a list of texts.")
    return learn_vocabulary(tokens, source.documents(document), minimum_count, maximum)


def encode(
    data: Data, vocabulary: Vocabulary, document: Document, target: Path, progress: Progress | None = None
) -> Stream:
    """All of a text as ids; files are encoded into the file ``target`` and read from there."""
    source = source_of(data)
    if isinstance(source, Files):
        return encode_corpus(source, vocabulary, document, target, progress).stream()
    if isinstance(source, Texts):
        return Corpus.from_texts(source.texts, vocabulary).stream()
    stream = source if isinstance(source, Stream) else source.stream()
    if stream.corpus.vocabulary_sha256 != vocabulary.fingerprint:
        raise UsageError("This text was encoded with another vocabulary than the model's. Give the text itself.")
    return stream


def documents_are_many(data: Data, document: Document) -> bool:
    """Whether a text falls into documents, so that by default each begins with a fresh state."""
    source = source_of(data)
    return True if isinstance(source, Corpus | Stream) else source.has_documents(document)


def lanes_for(stream: Stream, batch_size: int, window: int, reset: bool, start: Start) -> Lanes:
    """Windows for training: ``batch_size`` rows, or fewer where the text would not fill them.

    Where the state is carried, every lane gets at least eight windows while there is more than one, so that
    there is something to carry; where it is reset, no lane is without a document.
    """
    most = document_count(stream) if reset else len(stream) // (window * _LEAST_WINDOWS)
    return Lanes(stream, max(1, min(batch_size, most)), window, reset, start)


def document_count(stream: Stream) -> int:
    """The documents that end in a part of a corpus, and the one that its end cuts off."""
    targets = stream.targets
    blocks = (targets[at : at + _BLOCK] for at in range(0, len(targets), _BLOCK))
    ends = sum(int(np.count_nonzero(block == stream.eos)) for block in blocks)
    return ends + int(len(targets) > 0 and targets[-1] != stream.eos)
