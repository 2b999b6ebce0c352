"""A text as one long row of ids, ``<eos> d1 <eos> d2 <eos>``, in memory or in a file without a name."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.spool import Spool
from seqloom.data.text.document import Document, Piece, batch_pieces, cut_pieces, text_documents
from seqloom.data.text.sources import Files
from seqloom.data.text.vocabularies.vocabulary import Encoded, Ids, Vocabulary, id_type
from seqloom.errors import DataError

__all__ = ["Corpus", "Facts", "TokenStream", "encode_corpus", "mapped_corpus"]

_BATCH_CHARACTERS = 1 << 18
_SCAN = 1 << 22


@dataclass(frozen=True)
class Facts:
    """What is known of a whole corpus: its text is ``characters`` long, marks between documents not counted.

    ``per_token`` (V,) says how many characters each id stands for, None where that depends on the text.
    """

    eos: int
    documents: int
    characters: int
    vocabulary_sha256: str
    source_sha256: str
    per_token: NDArray[np.unsignedinteger[Any]] | None


@final
class Corpus:
    """Encoded documents. ``ids[0]`` is ``<eos>``; every later id is predicted from those before it.

    ``ids`` (N,) is an array of unsigned integers. ``per_place`` (N,) has the characters of each where the ids alone do
    not tell them. ``memory`` is what both are mapped from, if they are.

    >>> from seqloom.data import Characters
    >>> Corpus.from_texts(["ab", "c"], Characters("abc")).ids.tolist()
    [0, 2, 3, 0, 4, 0]
    """

    def __init__(
        self,
        ids: Ids,
        facts: Facts,
        per_place: NDArray[np.uint16] | None = None,
        memory: Sequence[mmap.mmap] = (),
    ) -> None:
        self.ids = ids
        self.facts = facts
        self.per_place = per_place
        self._memory = tuple(memory)

    @classmethod
    def from_texts(cls, texts: Iterable[str], vocabulary: Vocabulary) -> Corpus:
        """Encode in memory; each text is a document."""
        counts = _Counts(vocabulary)
        parts = list(counts.encode(text_documents(texts)))
        if not counts.documents:
            raise DataError("The texts are empty: there is nothing to read.")
        ids = np.concatenate([part.ids.astype(id_type(vocabulary.size), copy=False) for part in parts])
        told = [part.characters for part in parts if part.characters is not None]
        facts = counts.facts(hashlib.sha256(ids.tobytes()).hexdigest())
        return cls(ids, facts, np.concatenate(told) if told else None)

    @property
    def eos(self) -> int:
        """The id of ``<eos>``."""
        return self.facts.eos

    @property
    def characters(self) -> int:
        """The characters of the text."""
        return self.facts.characters

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return self.facts.documents

    def stream(self) -> TokenStream:
        """All of it."""
        return TokenStream(self, 1, len(self.ids))

    def characters_between(self, start: int, stop: int) -> int:
        """The characters of text that ``ids[start:stop]`` stand for."""
        total = 0
        for at in range(start, stop, _SCAN):
            place = slice(at, min(at + _SCAN, stop))
            if self.per_place is not None:
                total += int(self.per_place[place].sum(dtype=np.int64))
            else:
                assert self.facts.per_token is not None
                total += int(self.facts.per_token[self.ids[place]].sum(dtype=np.int64))
        return total

    def ends(self, start: int, stop: int) -> NDArray[np.signedinteger[Any]]:
        """The positions in [start, stop) that hold ``<eos>``, in the smallest type that holds all positions."""
        kind = np.int32 if len(self.ids) < 1 << 31 else np.int64
        blocks = [np.zeros(0, kind)]
        for at in range(start, stop, _SCAN):
            blocks.append((np.flatnonzero(self.ids[at : min(at + _SCAN, stop)] == self.eos) + at).astype(kind))
            self.release()
        return np.concatenate(blocks)

    def release(self) -> None:
        """Let the system take back the pages that were read; what is wanted again is read again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            for memory in self._memory:
                memory.madvise(mmap.MADV_DONTNEED)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Corpus(tokens={len(self.ids):,}, documents={self.documents:,}, characters={self.characters:,})"


@final
class TokenStream:
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
    def whole(self) -> bool:
        """Whether this is all of the corpus."""
        return (self.start, self.stop) == (1, len(self.corpus))

    @property
    def characters(self) -> int:
        """The characters of text in this part."""
        return self.corpus.characters if self.whole else self.corpus.characters_between(self.start, self.stop)

    @property
    def documents(self) -> int:
        """The documents that end in this part, and the one that its end cuts off."""
        if self.whole:
            return self.corpus.documents
        targets = self.targets
        ends = sum(int(np.count_nonzero(targets[at : at + _SCAN] == self.eos)) for at in range(0, len(self), _SCAN))
        return ends + int(len(targets) > 0 and targets[-1] != self.eos)

    def first(self, tokens: int) -> TokenStream:
        """The first ``tokens`` of this part, or all where it has no more."""
        return TokenStream(self.corpus, self.start, min(self.stop, self.start + tokens))

    def __len__(self) -> int:
        return self.stop - self.start

    def __repr__(self) -> str:
        return f"TokenStream(start={self.start:,}, stop={self.stop:,})"


def encode_corpus(
    source: Files | Path | str,
    vocabulary: Vocabulary,
    document: Document,
    folder: Path | None = None,
    observe: Callable[[bytes], None] | None = None,
) -> Corpus:
    """Encode text files in bounded memory, into a file without a name in ``folder`` (None: among temporary ones).

    ``observe`` sees every block that is read. Raises DataError for a text that cannot be read or is
    empty, StorageError where the disk is full.
    """
    files = Files.of(source)
    counts, checksum = _Counts(vocabulary), _Checksum(observe)
    with ExitStack() as stack:
        ids = stack.enter_context(Spool(id_type(vocabulary.size), folder))
        per_place = stack.enter_context(Spool(np.dtype(np.uint16), folder))
        for part in counts.encode(files.documents(document, observe=checksum)):
            ids.write(part.ids)
            if part.characters is not None:
                per_place.write(part.characters)
        if not counts.documents:
            raise DataError(f"{files} holds only empty lines: there is nothing to read.")
        return mapped_corpus(counts.facts(checksum.sha256), ids, per_place)


def mapped_corpus(facts: Facts, ids: Spool[Any], per_place: Spool[np.uint16]) -> Corpus:
    """A corpus that is read in place from what two spools hold; the second is empty where ids tell their characters."""
    parts = ids.mapped(), per_place.mapped()
    memory = [part.memory for part in parts if part.memory is not None]
    return Corpus(parts[0].array, facts, parts[1].array if len(parts[1].array) else None, memory)


class _Checksum:
    """The sha256 of all blocks of a source, which others may see too."""

    def __init__(self, observe: Callable[[bytes], None] | None) -> None:
        self._hash = hashlib.sha256()
        self._observe = observe

    def __call__(self, block: bytes) -> None:
        self._hash.update(block)
        if self._observe is not None:
            self._observe(block)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class _Counts:
    """Encode pieces, and count what there is to know of them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.per_token = vocabulary.characters_per_token()
        self.characters = 0
        self.documents = 0

    def encode(self, pieces: Iterable[Piece]) -> Iterator[Encoded]:
        """The ``<eos>`` that begins a corpus, then all documents."""
        encoder, eos = self.vocabulary.encoder(), self.vocabulary.eos
        yield Encoded(np.array([eos], np.uint32), np.zeros(1, np.uint16) if self.per_token is None else None)
        for batch in batch_pieces(cut_pieces(pieces, _BATCH_CHARACTERS), _BATCH_CHARACTERS):
            self.characters += sum(len(piece.text) for piece in batch)
            self.documents += sum(piece.ends for piece in batch)
            yield encoder.feed_pieces(batch, eos)

    def facts(self, source_sha256: str) -> Facts:
        return Facts(
            eos=self.vocabulary.eos,
            documents=self.documents,
            characters=self.characters,
            vocabulary_sha256=self.vocabulary.fingerprint,
            source_sha256=source_sha256,
            per_token=self.per_token,
        )
