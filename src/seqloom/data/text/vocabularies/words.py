"""Each word, number and mark is a token, by Unicode's word boundaries; a space is one where it is not expected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, repeat
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.frequent import count_tokens, most_frequent
from seqloom.data.text.vocabularies.segment_encoder import SegmentEncoder
from seqloom.data.text.vocabularies.segments import Segmenter
from seqloom.data.text.vocabularies.spacing import Kind, Spacing, kind_of
from seqloom.data.text.vocabularies.vocabulary import (
    Encoded,
    Ids,
    IncrementalDecoder,
    IncrementalEncoder,
    Vocabulary,
    check_size,
    check_tokens,
    vocabulary_from_strings,
)
from seqloom.data.text.vocabularies.word_boundaries import split_words, sure_boundary
from seqloom.errors import ModelFileError, UsageError

__all__ = ["Words"]

_RULE: Final = 2
_NAMES: Final = ("<eos>", "<unk>", "<joined>", " ")
_TEXTS: Final = ("", "<unk>", "", " ")


@final
class Words(Vocabulary):
    """``<eos>`` is 0, ``<unk>`` is 1, ``<joined>`` is 2, a space is 3, then the words in the order given.

    Words end where Unicode says so (:func:`split_words`); white space other than single spaces is words too. Most
    single spaces need no token: a fixed rule (:class:`Spacing`) says where one stands between two words. Where the
    text has a space against the rule, the space is a token; where it has none, ``<joined>`` is. So a text decodes to
    itself, but for what is ``<unk>``.

    >>> vocabulary = Words(["like", "pizza", "I", "."])
    >>> vocabulary.encode("I like cake.")
    [6, 4, 1, 7]
    >>> vocabulary.decode([6, 4, 5, 7])
    'I like pizza.'
    >>> vocabulary.encode("I like .")
    [6, 4, 3, 7]

    Raises:
        UsageError: what is given is no single word, or is given twice.
    """

    kind = "words"
    eos = 0
    unk = 1
    joined = 2
    space = 3

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        check_tokens(self.words, _is_word, "single words", "For tokens that are made already, take Symbols.")
        self._ids = {word: number for number, word in enumerate(self.words, len(_NAMES))}
        self._ids |= {_TEXTS[self.eos]: self.eos, _TEXTS[self.space]: self.space}
        kinds = [Kind.LINE, Kind.WORD, Kind.TIGHT, Kind.TIGHT, *map(kind_of, self.words)]
        self._kinds: NDArray[np.uint8] = np.array(kinds, np.uint8)

    @classmethod
    def learn(cls, pieces: Iterable[Piece], minimum_count: int = 1, maximum_size: int = 50_000) -> Words:
        """The words seen at least ``minimum_count`` times, most frequent first, up to ``maximum_size`` ids."""
        check_size(maximum_size, "words")
        if maximum_size <= len(_NAMES):
            raise UsageError(
                f"maximum_size must be at least 5 for words (<eos>, <unk>, <joined>, a space and one word), "
                f"got {maximum_size}."
            )
        counts = count_tokens(pieces, Segmenter(sure_boundary), split_words)
        del counts[" "]
        return cls(most_frequent(counts, minimum_count, maximum_size - len(_NAMES)))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Words:
        """The inverse of :meth:`to_json`, checked."""
        if data.get("rule") != _RULE:
            raise ModelFileError(
                f"Words by the rule {data.get('rule')!r}: expected {_RULE}. The model may come from a newer version."
            )
        return vocabulary_from_strings(cls, data)

    @property
    def size(self) -> int:
        return len(_NAMES) + len(self.words)

    def encoder(self) -> IncrementalEncoder:
        return _Encoder(self._ids, self._kinds)

    def decoder(self) -> IncrementalDecoder:
        return _Decoder((*_TEXTS, *self.words), self._kinds)

    def piece(self, token: int) -> str:
        return _NAMES[token] if token < len(_NAMES) else self.words[token - len(_NAMES)]

    def unknown(self, text: str) -> list[str]:
        segmenter = Segmenter(sure_boundary)
        segments = (*segmenter.feed(text), *segmenter.finish())
        words = dict.fromkeys(word for segment in segments for word in split_words(segment))
        return [word for word in words if word not in self._ids]

    def encode_start(self, text: str) -> list[int]:
        ids = self.encode(text)
        return ids[:-1] if ids[-1:] == [self.space] else ids

    def without_unknown(self, ids: Sequence[int]) -> list[int]:
        marks = {(self.joined, self.unk), (self.space, self.unk)}
        return [a for a, b in pairwise([*ids, self.eos]) if a != self.unk and (a, b) not in marks]

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "rule": _RULE, "tokens": list(self.words)}


def _is_word(word: str) -> bool:
    return word != " " and split_words(word) == [word]


class _Encoder(SegmentEncoder):
    def __init__(self, ids: dict[str, int], kinds: NDArray[np.uint8]) -> None:
        super().__init__(Segmenter(sure_boundary))
        self._ids = ids
        self._kinds = kinds
        self._spacing = Spacing()
        self._held: list[str] = []

    def encode_segments(self, segments: Sequence[str | None], eos: int) -> Encoded:
        tokens = self._held
        for segment in segments:
            tokens += split_words(segment) if segment is not None else ("",)
        self._held = [tokens.pop()] if tokens[-1:] == [" "] else []
        ids = np.fromiter(map(self._ids.get, tokens, repeat(Words.unk)), np.uint32, len(tokens))
        lengths = np.fromiter(map(len, tokens), np.uint16, len(tokens))
        return self._with_spaces_by_the_rule(ids, lengths)

    def _with_spaces_by_the_rule(self, ids: Ids, lengths: NDArray[np.uint16]) -> Encoded:
        """Leave out the spaces that the rule expects, and mark the places where it expects one and there is none."""
        places = np.flatnonzero(ids != Words.space)
        spaced = np.diff(places, prepend=-1) > 1
        ids, lengths = ids[places], lengths[places]
        expected = self._spacing.before_each(self._kinds[ids])
        lengths += spaced & expected
        other = np.flatnonzero(spaced != expected)
        ids = np.insert(ids, other, np.where(spaced[other], Words.space, Words.joined))
        return Encoded(ids, np.insert(lengths, other, spaced[other]))


class _Decoder(IncrementalDecoder):
    def __init__(self, texts: Sequence[str], kinds: NDArray[np.uint8]) -> None:
        self._texts = texts
        self._kinds = kinds
        self._spacing = Spacing()

    def feed(self, token: int) -> str:
        space = self._spacing.before(int(self._kinds[token]))
        return " " + self._texts[token] if space else self._texts[token]
