"""Tokens and labels that are made already: what stands between white space is a token, and nothing is split again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, final

from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.frequent import count_tokens, most_frequent
from seqloom.data.text.vocabularies.segments import Segmenter
from seqloom.data.text.vocabularies.span_encoder import SpanEncoder
from seqloom.data.text.vocabularies.vocabulary import (
    IncrementalDecoder,
    IncrementalEncoder,
    Vocabulary,
    check_size,
    check_tokens,
    vocabulary_from_strings,
)

__all__ = ["Symbols"]

_SYMBOL: Final = re.compile(r"\n|\S+")
_NAMES: Final = ("<eos>", "<unk>")


@final
class Symbols(Vocabulary):
    """``<eos>`` is 0, ``<unk>`` is 1, then the symbols in the order given.

    White space separates symbols; a newline is one. Any string without white space is a symbol; one of more than
    4,096 characters is read as several. Decoding puts one space between symbols, and none around a newline.

    >>> vocabulary = Symbols(["B-PER", "O", "well-known"])
    >>> vocabulary.encode("O well-known  B-PER I-PER")
    [3, 4, 2, 1]
    >>> vocabulary.decode([3, 4, 2])
    'O well-known B-PER'
    >>> vocabulary.changed("O well-known  B-PER")
    ['  B-PER']

    Raises:
        UsageError: what is given holds white space, is empty, or is given twice.
    """

    kind = "symbols"
    eos = 0
    unk = 1

    def __init__(self, symbols: Iterable[str]) -> None:
        self.symbols = tuple(symbols)
        check_tokens(self.symbols, _is_symbol, "symbols without white space")
        self._ids = {symbol: number for number, symbol in enumerate(self.symbols, len(_NAMES))}

    @classmethod
    def learn(cls, pieces: Iterable[Piece], minimum_count: int = 1, maximum_size: int = 50_000) -> Symbols:
        """The symbols seen at least ``minimum_count`` times, most frequent first, up to ``maximum_size`` ids."""
        check_size(maximum_size, "symbols")
        counts = count_tokens(pieces, Segmenter(_last_gap), _SYMBOL.findall)
        return cls(most_frequent(counts, minimum_count, maximum_size - len(_NAMES)))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Symbols:
        """The inverse of :meth:`to_json`, checked."""
        return vocabulary_from_strings(cls, data)

    @property
    def size(self) -> int:
        return len(_NAMES) + len(self.symbols)

    def encoder(self) -> IncrementalEncoder:
        return SpanEncoder(_SYMBOL, self._ids, self.unk, Segmenter(_last_gap))

    def decoder(self) -> IncrementalDecoder:
        return _Decoder(("", "<unk>", *self.symbols))

    def piece(self, token: int) -> str:
        return _NAMES[token] if token < len(_NAMES) else self.symbols[token - len(_NAMES)]

    def unknown(self, text: str) -> list[str]:
        return [symbol for symbol in dict.fromkeys(_SYMBOL.findall(text)) if symbol not in self._ids]

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "tokens": list(self.symbols)}


def _is_symbol(symbol: str) -> bool:
    return _SYMBOL.fullmatch(symbol) is not None


def _last_gap(text: str) -> int:
    """Where the last symbol of a text begins; all of the text where that is its start."""
    *_, last = ("", *text.split())
    return len(text.removesuffix(last)) or len(text)


class _Decoder(IncrementalDecoder):
    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._glued = True

    def feed(self, token: int) -> str:
        text = self._texts[token]
        space = "" if self._glued or text == "\n" else " "
        self._glued = text in ("", "\n")
        return space + text if text else ""
