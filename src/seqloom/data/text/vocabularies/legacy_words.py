"""Words as vocabularies without a rule of their own have them: saved models go on as before."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, final

from seqloom.data.text.vocabularies.segments import Segmenter
from seqloom.data.text.vocabularies.span_encoder import SpanEncoder
from seqloom.data.text.vocabularies.vocabulary import (
    IncrementalDecoder,
    IncrementalEncoder,
    Vocabulary,
    check_tokens,
    vocabulary_from_strings,
)

__all__ = ["LegacyWords"]

_TOKEN: Final = re.compile(r"\n|\d+(?:[.,]\d+)*(?!\w)|\w+(?:['’]\w+)*|[^\w\s]")
_NO_SPACE_BEFORE: Final = frozenset(".,;:!?%)]}…»”’")
_NO_SPACE_AFTER: Final = frozenset("([{«“‘#$£€@")
_NO_SPACE_AROUND: Final = frozenset("\n-–—/\\~=+*&|<>^")
_QUOTES: Final = frozenset("\"'`")


@final
class LegacyWords(Vocabulary):
    """``<eos>`` is 0, ``<unk>`` is 1, then the words. White space is no token, and combining marks are on their own.

    >>> vocabulary = LegacyWords(["like", "pizza", "I", "."])
    >>> vocabulary.decode(vocabulary.encode("I  like pizza."))
    'I like pizza.'
    """

    kind = "words"
    eos = 0
    unk = 1

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        check_tokens(self.words, lambda word: _TOKEN.findall(word) == [word], "single words")
        self._ids = {word: number for number, word in enumerate(self.words, 2)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> LegacyWords:
        """The inverse of :meth:`to_json`, checked."""
        return vocabulary_from_strings(cls, data)

    @property
    def size(self) -> int:
        return len(self.words) + 2

    def encoder(self) -> IncrementalEncoder:
        return SpanEncoder(_TOKEN, self._ids, self.unk, Segmenter())

    def decoder(self) -> IncrementalDecoder:
        return _Decoder(self)

    def piece(self, token: int) -> str:
        return ("<eos>", "<unk>")[token] if token < 2 else self.words[token - 2]

    def unknown(self, text: str) -> list[str]:
        segmenter = Segmenter()
        segments = (*segmenter.feed(text), *segmenter.finish())
        words = dict.fromkeys(word for segment in segments for word in _TOKEN.findall(segment))
        return [word for word in words if word not in self._ids]

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "tokens": list(self.words)}


class _Decoder(IncrementalDecoder):
    """Put spaces where English puts them. A straight quote opens and closes in turn."""

    def __init__(self, vocabulary: LegacyWords) -> None:
        self._vocabulary = vocabulary
        self._glued = True
        self._open: set[str] = set()

    def feed(self, token: int) -> str:
        if token == LegacyWords.eos:
            self._glued = True
            self._open.clear()
            return ""
        word = self._vocabulary.piece(token)
        before, after = self._spaces(word)
        text = word if self._glued or not before else " " + word
        self._glued = not after
        return text

    def _spaces(self, word: str) -> tuple[bool, bool]:
        if word == "\n":
            self._open.clear()
        if word in _NO_SPACE_AROUND:
            return False, False
        if word in _QUOTES:
            opens = word not in self._open
            self._open ^= {word}
            return opens, not opens
        return word not in _NO_SPACE_BEFORE, word not in _NO_SPACE_AFTER
