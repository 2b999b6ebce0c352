"""Each word, number, punctuation mark and newline is a token; other white space only separates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, final

import numpy as np

from seqloom.data.document import Piece
from seqloom.data.segment_encoder import SegmentEncoder
from seqloom.data.segments import Segmenter
from seqloom.data.vocabulary import MOST_CHARACTERS, Decoder, Encoded, Encoder, Vocabulary, check_size, json_strings
from seqloom.errors import ModelFileError

__all__ = ["Words", "split_words"]

_TOKEN: Final = re.compile(r"\n|\d+(?:[.,]\d+)*(?!\w)|\w+(?:['’]\w+)*|[^\w\s]")
_MOST_DIFFERENT_WORDS: Final = 1_500_000
_NO_SPACE_BEFORE: Final = frozenset(".,;:!?%)]}…»”’")
_NO_SPACE_AFTER: Final = frozenset("([{«“‘#$£€@")
_NO_SPACE_AROUND: Final = frozenset("\n-–—/\\~=+*&|<>^")
_QUOTES: Final = frozenset("\"'`")


def split_words(text: str) -> list[str]:
    """Cut a text into words and marks.

    >>> split_words("Don't stop, it's 3.5!")
    ["Don't", 'stop', ',', "it's", '3.5', '!']
    """
    return _TOKEN.findall(text)


@final
class Words(Vocabulary):
    """``<eos>`` is 0, ``<unk>`` is 1, then the words in the order given.

    >>> vocabulary = Words(["like", "pizza", "I", "."])
    >>> vocabulary.encode("I like cake.")
    [4, 2, 1, 5]
    >>> vocabulary.decode([4, 2, 3, 5])
    'I like pizza.'
    """

    kind = "words"
    eos = 0
    unk = 1

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        self._ids = {word: number for number, word in enumerate(self.words, 2)}

    @classmethod
    def learn(cls, pieces: Iterable[Piece], minimum_count: int = 1, maximum_size: int = 50_000) -> Words:
        """The words seen at least ``minimum_count`` times, most frequent first, up to ``maximum_size`` ids."""
        check_size(maximum_size, "words")
        counts: Counter[str] = Counter()
        segmenter = Segmenter()
        for text, ends in pieces:
            for segment in segmenter.feed(text):
                counts.update(split_words(segment))
            if ends:
                for segment in segmenter.finish():
                    counts.update(split_words(segment))
            check_size(len(counts), "words", _MOST_DIFFERENT_WORDS)
        for segment in segmenter.finish():
            counts.update(split_words(segment))
        kept = [word for word, count in counts.items() if count >= minimum_count]
        kept.sort(key=lambda word: (-counts[word], word))
        return cls(kept[: max(0, maximum_size - 2)])

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Words:
        """The inverse of :meth:`to_json`, checked."""
        words = json_strings(data, "tokens")
        wrong = next((entry for entry in words if split_words(entry) != [entry]), None)
        if wrong is not None:
            raise ModelFileError(f"Damaged vocabulary: expected single words, found {wrong[:40]!r}.")
        return cls(words)

    @property
    def size(self) -> int:
        return len(self.words) + 2

    def encoder(self) -> Encoder:
        return _Encoder(self._ids)

    def decoder(self) -> Decoder:
        return _Decoder(self)

    def piece(self, token: int) -> str:
        return ("<eos>", "<unk>")[token] if token < 2 else self.words[token - 2]

    def unknown(self, text: str) -> list[str]:
        return [word for word in dict.fromkeys(_whole_words(text)) if word not in self._ids]

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "tokens": list(self.words)}


def _whole_words(text: str) -> Iterator[str]:
    segmenter = Segmenter()
    for segment in (*segmenter.feed(text), *segmenter.finish()):
        yield from split_words(segment)


class _Encoder(SegmentEncoder):
    def __init__(self, ids: dict[str, int]) -> None:
        super().__init__()
        self._ids = ids
        self._left = 0

    def encode_segments(self, segments: Sequence[str | None], eos: int) -> Encoded:
        get = self._ids.get
        ids: list[int] = []
        counts: list[int] = []
        for segment in segments:
            if segment is None:
                ids.append(eos)
                counts.append(min(self._left, MOST_CHARACTERS))
                self._left -= counts[-1]
                continue
            counted = -self._left
            for match in _TOKEN.finditer(segment):
                ids.append(get(match[0], Words.unk))
                counts.append(min(match.end() - counted, MOST_CHARACTERS))
                counted += counts[-1]
            self._left = len(segment) - counted
        return Encoded(np.array(ids, np.uint32), np.array(counts, np.uint16))


class _Decoder(Decoder):
    """Put spaces where English puts them. A straight quote opens and closes in turn."""

    def __init__(self, vocabulary: Words) -> None:
        self._vocabulary = vocabulary
        self._glued = True
        self._open: set[str] = set()

    def feed(self, token: int) -> str:
        if token == Words.eos:
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
