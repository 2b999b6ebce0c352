"""Texts as the tokens of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from torch import Tensor

from seqloom.data.stored_rows import stored_rows
from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.byte import Bytes
from seqloom.data.text.vocabularies.characters import Characters
from seqloom.data.text.vocabularies.choice import Tokens, extended_vocabulary, grown_vocabulary, learn_vocabulary
from seqloom.data.text.vocabularies.vocabulary import Vocabulary
from seqloom.data.text.vocabularies.word_boundaries import split_words
from seqloom.data.text.vocabularies.words import Words
from seqloom.errors import DataError, UsageError
from seqloom.layers import LearnedEmbedding, TokenDropout
from seqloom.layers.embedding import NOTHING
from seqloom.tasks.inputs.inputs import Feed, Inputs, Reading

__all__ = ["TextInputs", "source_texts"]

_BLOCK = 1024
_FEW_WORDS = 3
"""Texts of fewer words, in the mean, are read letter by letter."""
_SMALL = 0.1
"""Size of the entries that words begin with: a rare one keeps most of them, and they say nothing."""


@final
@dataclass(frozen=True)
class TextInputs(Inputs):
    """Texts as the ids of a vocabulary; of words, those that only say where spaces stand are left out."""

    vocabulary: Vocabulary

    @classmethod
    def learned(cls, texts: Sequence[str], tokens: Tokens | None, minimum_count: int, size: int | None) -> Self:
        """The vocabulary of some texts; without ``tokens`` short ones are read by character, others by word."""
        if tokens is None:
            words = sum(len(text.split()) for text in texts) / len(texts)
            tokens = Tokens.CHARACTERS if words < _FEW_WORDS else Tokens.WORDS
        return cls(learn_vocabulary(tokens, (Piece(text, True) for text in texts), minimum_count, size))

    def grown(self, X: Sequence[Any], tokens: Tokens | None, minimum_count: int, size: int | None) -> Self:
        kind = self.vocabulary.kind
        if tokens not in (None, kind):
            raise UsageError(f"tokens: the model reads {kind}, now {tokens} are asked for. Leave them out.")
        pieces = (Piece(text, True) for text in _texts(X))
        return type(self)(grown_vocabulary(self.vocabulary, pieces, minimum_count, size))

    def knowing(self, words: Iterable[str]) -> Self:
        """The same with further words, as far as a text can have them as one token."""
        kind = type(self.vocabulary)
        single = [word for word in words if kind is not Words or split_words(word) == [word] != [" "]]
        return type(self)(extended_vocabulary(self.vocabulary, (word for word in single if word.split() == [word])))

    def encode(self, X: Sequence[Any]) -> Sequence[Tensor]:
        return stored_rows(self._rows(_texts(X)))

    def lengths(self, X: Sequence[Any]) -> list[int]:
        return [len(row) for row in self._rows(_texts(X))]

    def _rows(self, X: Sequence[str]) -> Iterator[Tensor]:
        for begin in range(0, len(X), _BLOCK):
            ids, _ = self.vocabulary.encoder().feed_pieces(
                [Piece(text, True) for text in X[begin : begin + _BLOCK]], self.vocabulary.eos
            )
            ends = np.flatnonzero(ids == self.vocabulary.eos)
            rows = np.split(ids.astype(np.int64), ends + 1)[:-1]
            kept = [self.kept(torch.from_numpy(row[:-1].copy())) for row in rows]
            yield from (row if len(row) else torch.tensor([self.vocabulary.eos]) for row in kept)

    def kept(self, ids: Tensor) -> Tensor:
        """The ids (T,) of a text that are read."""
        if not isinstance(self.vocabulary, Words):
            return ids
        return ids[(ids != Words.joined) & (ids != Words.space)]

    def feed(self) -> Feed:
        return _Tokens(self)

    def to_json(self) -> dict[str, Any]:
        return {"vocabulary": self.vocabulary.to_json()}

    def reading(self, settings: Any) -> Reading:
        unseen = NOTHING if self.vocabulary.unk is None else self.vocabulary.unk
        embedding = LearnedEmbedding(self.vocabulary.size, settings.embedding)
        if not isinstance(self.vocabulary, Characters | Bytes):
            with torch.no_grad():
                embedding.table.mul_(_SMALL)
        return Reading(TokenDropout(settings.word_dropout or 0.0, unseen), embedding, settings.embedding)


def source_texts(inputs: TextInputs, text: str) -> list[str]:
    """What of a text each step stands for.

    >>> from seqloom.data.text.vocabularies.words import Words
    >>> source_texts(TextInputs(Words(["a"])), "a new one")
    ['a', 'new', 'one']
    """
    vocabulary = inputs.vocabulary
    encoded, characters = vocabulary.encoder().feed_pieces([Piece(text, True)], vocabulary.eos)
    ids = torch.from_numpy(encoded[:-1].astype(np.int64))
    if characters is None:
        texts = list(text) if len(ids) == len(text) else [vocabulary.piece(token) for token in ids.tolist()]
    else:
        stops = np.cumsum(characters, dtype=np.int64).tolist()
        texts = [text[begin:end].strip() for begin, end in zip([0, *stops], stops[:-1], strict=False)]
    return [one for one, token in zip(texts, ids, strict=True) if len(inputs.kept(token[None]))]


def _texts(X: Sequence[Any]) -> Sequence[str]:
    """The same; DataError for what is no text."""
    for place, text in enumerate(X):
        if not isinstance(text, str):
            raise DataError(f"X: row {place:,}: expected a text, as in training, got {type(text).__name__}.")
    return X


class _Tokens(Feed):
    """A piece is some more text; a word is read once what follows shows where it ends."""

    def __init__(self, inputs: TextInputs) -> None:
        self._inputs, self._encoder = inputs, inputs.vocabulary.encoder()

    def push(self, piece: Any) -> Tensor:
        return self._inputs.kept(torch.tensor(self._encoder.feed(piece), dtype=torch.int64))

    def line(self, text: str) -> Tensor:
        return self.push(f"{text}\n")

    def finish(self) -> Tensor:
        return self._inputs.kept(torch.tensor(self._encoder.finish(), dtype=torch.int64))
