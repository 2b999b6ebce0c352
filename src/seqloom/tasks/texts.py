"""From what a user gives, a path or a list of texts, to the windows that a model reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from seqloom.data import (
    Corpus,
    Document,
    Lanes,
    Start,
    Stream,
    Tokens,
    Vocabulary,
    encode_corpus,
    learn_vocabulary,
    read_documents,
    text_documents,
)
from seqloom.errors import UsageError

__all__ = ["Data", "Progress", "document_count", "documents_are_many", "encode", "lanes_for", "learn"]

Data = str | Path | Sequence[str] | Corpus | Stream
"""The path of a text file, a list of texts (each a document), or what was encoded before."""

Progress = Callable[[int, int], None]

_LEAST_WINDOWS = 8
_BLOCK = 1 << 22


def learn(data: Data, tokens: Tokens, document: Document, minimum_count: int, maximum: int | None) -> Vocabulary:
    """The vocabulary of a text."""
    if isinstance(data, str | Path):
        return learn_vocabulary(tokens, read_documents(data, document), minimum_count, maximum)
    if isinstance(data, Corpus | Stream):
        raise UsageError("A vocabulary is learned from text: give a path or a list of texts.")
    return learn_vocabulary(tokens, text_documents(_texts(data)), minimum_count, maximum)


def encode(
    data: Data, vocabulary: Vocabulary, document: Document, folder: Path | None, progress: Progress | None = None
) -> Stream:
    """All of a text as ids; those of a file lie in a file without a name in ``folder`` (None: among temporary ones)."""
    if isinstance(data, str | Path):
        return encode_corpus(data, vocabulary, document, folder, progress).stream()
    if not isinstance(data, Corpus | Stream):
        return Corpus.from_texts(_texts(data), vocabulary).stream()
    stream = data if isinstance(data, Stream) else data.stream()
    if stream.corpus.facts.vocabulary_sha256 != vocabulary.fingerprint:
        raise UsageError("This text was encoded with another vocabulary than the model's. Give the text itself.")
    return stream


def documents_are_many(data: Data, document: Document) -> bool:
    """Whether a text falls into documents, so that by default each begins with a fresh state."""
    if isinstance(data, str | Path):
        return document is not Document.FILE
    return len(data) > 1 if isinstance(data, Sequence) else True


def lanes_for(
    stream: Stream, batch_size: int, window: int, reset: bool, start: Start, ends: bool, seed: int | None
) -> Lanes:
    """Windows for training: ``batch_size`` rows, or fewer where the text would not fill them; see :class:`Lanes`.

    Where the state is carried, every lane gets at least eight windows while there is more than one, so that
    there is something to carry; where it is reset, no lane is without a document.
    """
    most = document_count(stream) if reset else len(stream) // (window * _LEAST_WINDOWS)
    return Lanes(stream, max(1, min(batch_size, most)), window, reset, start, ends, seed)


def document_count(stream: Stream) -> int:
    """The documents that end in a part of a corpus, and the one that its end cuts off."""
    targets = stream.targets
    blocks = (targets[at : at + _BLOCK] for at in range(0, len(targets), _BLOCK))
    ends = sum(int(np.count_nonzero(block == stream.eos)) for block in blocks)
    return ends + int(len(targets) > 0 and targets[-1] != stream.eos)


def _texts(data: Sequence[str]) -> list[str]:
    wrong = next((text for text in data if not isinstance(text, str)), None)
    if wrong is not None:
        raise UsageError(f"Expected a path or a list of texts; the list holds {type(wrong).__name__}.")
    return list(data)
