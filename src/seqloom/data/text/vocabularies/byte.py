"""Each byte of the UTF-8 form is a token: nothing is ever unknown."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.vocabulary import Encoded, Ids, IncrementalDecoder, IncrementalEncoder, Vocabulary

__all__ = ["Bytes", "Utf8Decoder", "lone_surrogates", "starts_a_character"]


@final
class Bytes(Vocabulary):
    """Ids 0 to 255 are the bytes, 256 is ``<eos>``; there is no ``<unk>``.

    >>> Bytes().encode("aé")
    [97, 195, 169]
    """

    kind = "bytes"
    eos = 256
    unk = None

    @classmethod
    def learn(cls, pieces: Iterable[Piece] = ()) -> Bytes:
        """Nothing has to be learnt: the text is not read."""
        return cls()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Bytes:
        """The inverse of :meth:`to_json`."""
        return cls()

    @property
    def size(self) -> int:
        return 257

    def encoder(self) -> IncrementalEncoder:
        return _Encoder()

    def decoder(self) -> IncrementalDecoder:
        return Utf8Decoder([bytes([value]) for value in range(256)])

    def piece(self, token: int) -> str:
        if token == self.eos:
            return "<eos>"
        return chr(token) if 0 <= token < 128 else f"\\x{bytes([token]).hex()}"

    def changed(self, text: str) -> list[str]:
        return lone_surrogates(text)

    def characters_per_token(self) -> NDArray[np.uint32]:
        return np.array([*map(starts_a_character, range(256)), False], np.uint32)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind}


class Utf8Decoder(IncrementalDecoder):
    """Join the bytes of tokens to characters; bytes that are no UTF-8 become U+FFFD."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self._texts = texts
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, token: int) -> str:
        """The characters that this id completes; an id beyond the texts (``<eos>``) gives what was held."""
        if token >= len(self._texts):
            return self.finish()
        return self._decoder.decode(self._texts[token])

    def finish(self) -> str:
        text = self._decoder.decode(b"", True)
        self._decoder.reset()
        return text


class _Encoder(IncrementalEncoder):
    def feed_array(self, text: str) -> Ids:
        return np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)

    def feed_pieces(self, pieces: Sequence[Piece], eos: int) -> Encoded:
        texts = [piece.text.encode("utf-8", "surrogatepass") for piece in pieces]
        ids = np.frombuffer(b"".join(texts), np.uint8).astype(np.uint16)
        stops = np.cumsum([len(text) for text in texts], dtype=np.int64)
        ends = np.array([piece.ends for piece in pieces], bool)
        return Encoded(np.insert(ids, stops[ends], eos), None)


def lone_surrogates(text: str) -> list[str]:
    """The code points that UTF-8 has no bytes for, each once: they come from bytes that were no text."""
    return [character for character in dict.fromkeys(text) if "\ud800" <= character <= "\udfff"]


def starts_a_character(value: int) -> bool:
    """Whether a byte of UTF-8 begins a character."""
    return value & 0xC0 != 0x80
