"""Each character is a token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.text.document import Piece, batch_pieces
from seqloom.data.text.vocabularies.vocabulary import (
    Encoded,
    Ids,
    IncrementalDecoder,
    IncrementalEncoder,
    Vocabulary,
    check_size,
    check_tokens,
    id_type,
    vocabulary_from_strings,
)

__all__ = ["Characters"]

_CODE_POINTS: Final = 0x110000
_BATCH: Final = 1 << 16
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


@final
class Characters(Vocabulary):
    """``<eos>`` is 0, ``<unk>`` is 1, then the characters in the order given.

    >>> vocabulary = Characters("abc")
    >>> vocabulary.encode("cab?")
    [4, 2, 3, 1]
    >>> vocabulary.decode([4, 2, 3, 0])
    'cab'

    Raises:
        UsageError: what is given is no single character, or is given twice.
    """

    kind = "characters"
    eos = 0
    unk = 1

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters = tuple(characters)
        check_tokens(self.characters, lambda character: len(character) == 1, "single characters")
        self._table: Ids = np.full(_CODE_POINTS, self.unk, id_type(self.size))
        for number, character in enumerate(self.characters, 2):
            self._table[ord(character)] = number

    @classmethod
    def learn(cls, pieces: Iterable[Piece], minimum_count: int = 1, maximum_size: int = 1 << 16) -> Characters:
        """Every character that the text has at least ``minimum_count`` times, by code point."""
        counts = np.zeros(_CODE_POINTS, np.int64)
        for batch in batch_pieces(pieces, _BATCH):
            found = np.bincount(_code_points("".join([piece.text for piece in batch])))
            counts[: len(found)] += found
        kept = np.flatnonzero(counts >= max(1, minimum_count))
        check_size(len(kept) + 2, "characters", maximum_size)
        return cls(chr(point) for point in kept)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Characters:
        """The inverse of :meth:`to_json`, checked."""
        return vocabulary_from_strings(cls, data)

    @property
    def size(self) -> int:
        return len(self.characters) + 2

    def encoder(self) -> IncrementalEncoder:
        return _Encoder(self._table)

    def decoder(self) -> IncrementalDecoder:
        return _Decoder(("", _REPLACEMENT, *self.characters))

    def piece(self, token: int) -> str:
        return ("<eos>", "<unk>")[token] if token < 2 else self.characters[token - 2]

    def unknown(self, text: str) -> list[str]:
        return [character for character in dict.fromkeys(text) if self._table[ord(character)] == self.unk]

    def characters_per_token(self) -> NDArray[np.uint32]:
        lengths = np.ones(self.size, np.uint32)
        lengths[self.eos] = 0
        return lengths

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "tokens": list(self.characters)}


class _Encoder(IncrementalEncoder):
    def __init__(self, table: Ids) -> None:
        self._table = table

    def feed_array(self, text: str) -> Ids:
        ids: Ids = self._table[_code_points(text)]
        return ids

    def feed_pieces(self, pieces: Sequence[Piece], eos: int) -> Encoded:
        ids = self.feed_array("".join([piece.text for piece in pieces]))
        stops = np.cumsum([len(piece.text) for piece in pieces], dtype=np.int64)
        ends = np.array([piece.ends for piece in pieces], bool)
        return Encoded(np.insert(ids, stops[ends], eos), None)


class _Decoder(IncrementalDecoder):
    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts = texts

    def feed(self, token: int) -> str:
        return self._texts[token]


def _code_points(text: str) -> NDArray[np.integer[Any]]:
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
