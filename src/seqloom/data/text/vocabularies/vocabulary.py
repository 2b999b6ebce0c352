"""What every vocabulary does: text to ids and back, whole or as a stream, and to JSON."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqloom.data.text.document import Piece
from seqloom.errors import DataError, ModelFileError, UsageError

__all__ = [
    "LARGEST_VOCABULARY",
    "MOST_CHARACTERS",
    "Encoded",
    "Ids",
    "IncrementalDecoder",
    "IncrementalEncoder",
    "Vocabulary",
    "check_size",
    "check_tokens",
    "id_type",
    "json_strings",
    "vocabulary_from_strings",
]

LARGEST_VOCABULARY = 1 << 20
MOST_CHARACTERS = (1 << 16) - 1
Ids = NDArray[np.unsignedinteger[Any]]


class Encoded(NamedTuple):
    """``ids`` (N,), and the ``characters`` (N,) of the text that each of them stands for.

    White space before a token is counted to it, what is left at the end of a document to its ``<eos>``. One id takes
    up to 65,535; what is over goes to the next ids. ``characters`` is None where the id alone tells it:
    :meth:`Vocabulary.characters_per_token`.
    """

    ids: Ids
    characters: NDArray[np.uint16] | None


class IncrementalEncoder(ABC):
    """Text in, ids out, piece by piece; the ids don't depend on where the pieces end."""

    @abstractmethod
    def feed_array(self, text: str) -> Ids:
        """The ids that no later text can change."""

    def finish_array(self) -> Ids:
        """The ids still held back, at the end of a document; the encoder is then as new."""
        return np.zeros(0, np.uint32)

    def feed(self, text: str) -> list[int]:
        """:meth:`feed_array` as a list."""
        return [int(i) for i in self.feed_array(text).tolist()]

    def finish(self) -> list[int]:
        """:meth:`finish_array` as a list."""
        return [int(i) for i in self.finish_array().tolist()]

    def feed_pieces(self, pieces: Sequence[Piece], eos: int) -> Encoded:
        """The ids of many pieces, with ``eos`` after each document that ends, and what they stand for."""
        parts: list[Ids] = []
        end = np.array([eos], np.uint32)
        for text, ends in pieces:
            if text:
                parts.append(self.feed_array(text))
            if ends:
                parts += (self.finish_array(), end)
        return Encoded(np.concatenate(parts) if parts else np.zeros(0, np.uint32), None)


class IncrementalDecoder(ABC):
    """Ids in, text out, one id at a time: what a stream of generated text prints."""

    @abstractmethod
    def feed(self, token: int) -> str:
        """The text that this id completes; ``<eos>`` gives ""."""

    def finish(self) -> str:
        """The text still held back, at the end."""
        return ""


class Vocabulary(ABC):
    """A numbered set of tokens. ``<eos>`` ends a document and starts the next; it is always a token."""

    kind: ClassVar[str]
    eos: int
    unk: int | None

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of tokens, ``<eos>`` and ``<unk>`` included."""

    @abstractmethod
    def encoder(self) -> IncrementalEncoder:
        """A new encoder of a stream."""

    @abstractmethod
    def decoder(self) -> IncrementalDecoder:
        """A new decoder of a stream."""

    @abstractmethod
    def piece(self, token: int) -> str:
        """The name of one token, as a table of tokens shows it."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """All that :func:`vocabulary_from_json` needs."""

    def encode(self, text: str) -> list[int]:
        """The ids of a text, without ``<eos>``."""
        encoder = self.encoder()
        return encoder.feed(text) + encoder.finish()

    def encode_start(self, text: str) -> list[int]:
        """The ids of a text that goes on, as a prompt does."""
        return self.encode(text)

    def without_unknown(self, ids: Sequence[int]) -> list[int]:
        """The ids that stand for something, with what belongs to the others left out too."""
        return [token for token in ids if token != self.unk]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids; ``<eos>`` gives nothing."""
        decoder = self.decoder()
        return "".join([decoder.feed(int(i)) for i in ids]) + decoder.finish()

    def unknown(self, text: str) -> list[str]:
        """The parts of a text that have no id of their own, each once, in order."""
        return []

    def changed(self, text: str) -> list[str]:
        """The parts of a text that :meth:`decode` of :meth:`encode` does not give back as they were, each once."""
        ids, characters = self.encoder().feed_pieces([Piece(text, True)], self.eos)
        if characters is None:
            return self.unknown(text)
        stops = np.cumsum(characters, dtype=np.int64).tolist()
        parts = [text[start:stop] for start, stop in zip([0, *stops], stops, strict=False)]
        decoder = self.decoder()
        return list(dict.fromkeys(part for part, i in zip(parts, ids, strict=True) if decoder.feed(int(i)) != part))

    def characters_per_token(self) -> NDArray[np.uint32] | None:
        """(size,) the characters of text that each id stands for, or None where that depends on the text."""
        return None

    @property
    def fingerprint(self) -> str:
        """The sha256 of the JSON form: equal for equal vocabularies."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


AnyVocabulary = TypeVar("AnyVocabulary", bound=Vocabulary)


def check_size(found: int, what: str, limit: int = LARGEST_VOCABULARY) -> None:
    """Raise DataError when a text has more distinct tokens than a model can sensibly have."""
    if found > limit:
        raise DataError(
            f"Vocabulary too large: at least {found:,} different {what}, at most {limit:,} can be used. "
            "Use the tokens 'bytes' or 'bpe', a higher minimum count, or a smaller maximum size."
        )


def check_tokens(tokens: Sequence[str], valid: Callable[[str], bool], what: str, hint: str = "") -> None:
    """Raise UsageError when one of ``tokens`` is not ``valid``, or is there twice."""
    wrong = next((token for token in tokens if not valid(token)), None)
    if wrong is not None:
        raise UsageError(f"A vocabulary of {what}: expected {what}, found {wrong[:40]!r}.{' ' * bool(hint)}{hint}")
    if len(set(tokens)) != len(tokens):
        twice = next(token for token, count in Counter(tokens).items() if count > 1)
        raise UsageError(f"A vocabulary of {what}: {twice[:40]!r} is there twice. Give each once.")


def vocabulary_from_strings(make: Callable[[list[str]], AnyVocabulary], data: dict[str, Any]) -> AnyVocabulary:
    """Make a vocabulary of the strings under "tokens"; ModelFileError where it refuses them."""
    try:
        return make(json_strings(data, "tokens"))
    except UsageError as error:
        raise ModelFileError(f"Damaged vocabulary. {error}") from error


def id_type(size: int) -> np.dtype[np.unsignedinteger[Any]]:
    """The smallest unsigned integer that holds every id below ``size``.

    >>> id_type(256), id_type(257)
    (dtype('uint8'), dtype('uint16'))
    """
    return np.dtype(np.uint8 if size <= 1 << 8 else np.uint16 if size <= 1 << 16 else np.uint32)


def json_strings(data: dict[str, Any], key: str) -> list[str]:
    """The list of strings under ``key``, checked and bounded, or ModelFileError."""
    value = data.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ModelFileError(f"Damaged vocabulary: expected a list of strings under {key!r}.")
    if len(value) > LARGEST_VOCABULARY:
        raise ModelFileError(
            f"Damaged vocabulary: {len(value):,} entries under {key!r}, at most {LARGEST_VOCABULARY:,}."
        )
    return value
