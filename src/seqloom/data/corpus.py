"""A text as one long row of ids, ``<eos> d1 <eos> d2 <eos>``, in memory or in a file read in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.corpus_file import CorpusWriter, read_corpus_file
from seqloom.data.document import Document, Piece, batch_pieces, cut_pieces, text_documents
from seqloom.data.sources import Files
from seqloom.data.vocabulary import Encoder, Ids, Vocabulary, id_type
from seqloom.errors import DataError

__all__ = ["Corpus", "Stream", "encode_corpus"]

_BATCH_CHARACTERS = 1 << 18
_MARK_CHARACTERS = 1 << 12
_SCAN = 1 << 22


@final
class Corpus:
    """Encoded documents. ``ids[0]`` is ``<eos>``; every later id is predicted from those before it.

    ``ids`` (N,) is an array of unsigned integers, mapped from the file where there is one. ``characters``
    counts the text without the marks between documents; ``documents`` counts those.

    >>> from seqloom.data import Characters
    >>> Corpus.from_texts(["ab", "c"], Characters("abc")).ids.tolist()
    [0, 2, 3, 0, 4, 0]
    """

    def __init__(self, ids: Ids, header: dict[str, Any]) -> None:
        self.ids = ids
        self.eos = int(header["eos"])
        self.vocabulary_size = int(header["vocabulary_size"])
        self.characters = int(header["characters"])
        self.documents = int(header["documents"])
        self.source_size = int(header.get("source_size", 0))
        self.source_sha256 = str(header.get("source_sha256", ""))
        self.vocabulary_sha256 = str(header["vocabulary_sha256"])
        self.document = str(header.get("document", ""))
        lengths = header.get("characters_per_token")
        self._lengths = None if lengths is None else np.array(lengths, np.uint8)
        self._marks = np.array(header["marks"], np.int64).reshape(-1, 2)

    @classmethod
    def from_texts(cls, texts: Iterable[str], vocabulary: Vocabulary) -> Corpus:
        """Encode in memory; each text is a document."""
        counts = _Counts(vocabulary)
        parts = [np.array([vocabulary.eos], id_type(vocabulary.size))]
        parts += [ids.astype(parts[0].dtype, copy=False) for ids in counts.encode(text_documents(texts))]
        if not counts.documents:
            raise DataError("The texts are empty: there is nothing to learn from.")
        return cls(np.concatenate(parts), counts.header())

    @classmethod
    def open(cls, path: Path | str) -> Corpus:
        """Map a file that :func:`encode_corpus` wrote; DataError where it isn't one or is damaged."""
        ids, header = read_corpus_file(Path(path))
        return cls(ids, header)

    def stream(self) -> Stream:
        """All of it."""
        return Stream(self, 1, len(self.ids))

    def characters_before(self, position: int) -> int:
        """The characters of text in ``ids[:position]``; within a few where words don't tell."""
        if self._lengths is None:
            at, characters = self._marks[:, 0], self._marks[:, 1]
            return round(float(np.interp(position, at, characters)))
        if position >= len(self.ids):
            return self.characters
        blocks = (self.ids[at : min(at + _SCAN, position)] for at in range(0, position, _SCAN))
        return sum(int(self._lengths[block].sum(dtype=np.int64)) for block in blocks)

    def ends(self, start: int, stop: int) -> NDArray[np.int64]:
        """The positions in [start, stop) that hold ``<eos>``."""
        blocks = [
            np.flatnonzero(self.ids[at : min(at + _SCAN, stop)] == self.eos) + at for at in range(start, stop, _SCAN)
        ]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Corpus(tokens={len(self.ids):,}, documents={self.documents:,}, characters={self.characters:,})"


@final
class Stream:
    """Part of a corpus: its ids at [start, stop) are predicted, each from those before it; start ≥ 1."""

    def __init__(self, corpus: Corpus, start: int, stop: int) -> None:
        if not 1 <= start <= stop <= len(corpus.ids):
            raise ValueError(f"Expected 1 <= start <= stop <= {len(corpus.ids)}, got [{start}, {stop}).")
        self.corpus = corpus
        self.start = start
        self.stop = stop

    @property
    def targets(self) -> Ids:
        """(N,) the predicted ids."""
        return self.corpus.ids[self.start : self.stop]

    @property
    def inputs(self) -> Ids:
        """(N,) the id before each target."""
        return self.corpus.ids[self.start - 1 : self.stop - 1]

    @property
    def ids(self) -> Ids:
        """(N + 1,) the context of the first target, then all targets."""
        return self.corpus.ids[self.start - 1 : self.stop]

    @property
    def eos(self) -> int:
        """The id of ``<eos>``."""
        return self.corpus.eos

    @property
    def characters(self) -> int:
        """The characters of text in this part."""
        return self.corpus.characters_before(self.stop) - self.corpus.characters_before(self.start)

    def __len__(self) -> int:
        return self.stop - self.start

    def __repr__(self) -> str:
        return f"Stream(start={self.start:,}, stop={self.stop:,})"


def encode_corpus(
    source: Files | Path | str,
    vocabulary: Vocabulary,
    document: Document,
    target: Path | str,
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """Encode text files once into ``target``, readable by its owner only, and map it.

    A target that already holds this text (size and sha256), cut and encoded the same way, is used as it is.
    ``progress`` gets the bytes read and the bytes in all. Nothing is left behind when it fails.
    """
    source, target = Files.of(source), Path(target)
    known = _reusable(source, vocabulary, document, target)
    if known is not None:
        return known
    counts = _Counts(vocabulary)
    with CorpusWriter(target, id_type(vocabulary.size), source.size, progress) as writer:
        writer.write(np.array([vocabulary.eos], np.uint32))
        for ids in counts.encode(source.documents(document, observe=writer.observe)):
            writer.write(ids)
        if not counts.documents:
            raise DataError(f"{source} holds only empty lines: there is nothing to learn from.")
        writer.finish(counts.header() | {"document": document.value})
    return Corpus.open(target)


def _reusable(source: Files, vocabulary: Vocabulary, document: Document, target: Path) -> Corpus | None:
    try:
        known = Corpus.open(target)
        same = (
            known.document == document.value
            and known.vocabulary_sha256 == vocabulary.fingerprint
            and known.source_size == source.size
            and known.source_sha256 == source.sha256()
        )
    except (DataError, OSError):
        return None
    return known if same else None


class _Counts:
    """Encode pieces, and count what the header tells."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.lengths = vocabulary.characters_per_token()
        self.tokens = 1
        self.characters = 0
        self.documents = 0
        self.marks = [(1, 0)]

    def encode(self, pieces: Iterable[Piece]) -> Iterator[Ids]:
        encoder = self.vocabulary.encoder()
        size = _MARK_CHARACTERS if self.lengths is None else _BATCH_CHARACTERS
        for batch in batch_pieces(cut_pieces(pieces, size), size):
            yield self._batch(encoder, batch)

    def _batch(self, encoder: Encoder, batch: Sequence[Piece]) -> Ids:
        ids = encoder.feed_pieces(batch, self.vocabulary.eos)
        self.tokens += len(ids)
        self.characters += sum(len(piece.text) for piece in batch)
        self.documents += sum(piece.ends for piece in batch)
        if self.lengths is None:
            self.marks.append((self.tokens, self.characters))
        return ids

    def header(self) -> dict[str, Any]:
        return {
            "eos": self.vocabulary.eos,
            "vocabulary_size": self.vocabulary.size,
            "vocabulary_sha256": self.vocabulary.fingerprint,
            "characters_per_token": None if self.lengths is None else self.lengths.tolist(),
            "characters": self.characters,
            "documents": self.documents,
            "marks": self.marks,
        }
