"""Transcripts as tokens, and tokens with their times as words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, final

import torch
from torch import Tensor

from seqloom.data.text.document import Piece
from seqloom.data.text.spoken import spoken, tidy
from seqloom.data.text.vocabularies.choice import (
    Tokens,
    grown_vocabulary,
    learn_vocabulary,
    vocabulary_from_json,
)
from seqloom.data.text.vocabularies.vocabulary import Vocabulary
from seqloom.errors import DataError, UsageError

__all__ = ["Recognized", "TimedWord", "Transcripts"]

_FEW_WORDS, _OFTEN = 100, 10
"""So few different words, each said so often in the mean, are learned as words."""


class TimedWord(NamedTuple):
    """A word, and when its first token begins and its last one has begun: seconds, or steps of a series."""

    word: str
    begin: float
    end: float


class Recognized(NamedTuple):
    """A ``text`` that was recognised, ln p(text | input), the ``score`` that a language model has added to, and the
    ``words`` with their times."""

    text: str
    log_probability: float
    score: float
    words: tuple[TimedWord, ...]


@final
@dataclass(frozen=True)
class Transcripts:
    """The tokens of a ``vocabulary`` for texts in a ``style``, spoken or written: see :mod:`seqloom.data.text.spoken`.

    Words are what stands between spaces. The tokens of a network are those of the vocabulary and, last, the blank.
    """

    vocabulary: Vocabulary
    style: str

    @classmethod
    def learned(
        cls, texts: Sequence[str], style: str, tokens: Tokens | None, minimum_count: int = 1, size: int | None = None
    ) -> Self:
        """The vocabulary of some texts; without ``tokens`` of words where these are few, else of characters."""
        if not any(texts):
            raise DataError("y: no transcript has a word.")
        kind = _between_spaces(tokens or picked_tokens(texts))
        return cls(learn_vocabulary(kind, (Piece(text, True) for text in texts), minimum_count, size), style)

    def grown(
        self, texts: Sequence[str], tokens: Tokens | None, minimum_count: int = 1, size: int | None = None
    ) -> Self:
        """The same, and after its tokens those of further texts; UsageError where ``tokens`` are of another kind.

        >>> transcripts = Transcripts.learned(["ab"], "spoken", Tokens.CHARACTERS).grown(["ac"], None)
        >>> transcripts.decode(transcripts.vocabulary.encode("cab"))
        'cab'
        """
        kind = self.vocabulary.kind
        if tokens is not None and _between_spaces(tokens) != kind:
            raise UsageError(f"tokens: the model has {kind}, now {tokens} are asked for. Leave them out.")
        pieces = (Piece(text, True) for text in texts)
        return type(self)(grown_vocabulary(self.vocabulary, pieces, minimum_count, size), self.style)

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The inverse of :meth:`to_json`."""
        return cls(vocabulary_from_json(data["vocabulary"]), str(data["style"]))

    def to_json(self) -> dict[str, Any]:
        """All that :meth:`from_json` needs."""
        return {"vocabulary": self.vocabulary.to_json(), "style": self.style}

    @property
    def of_words(self) -> bool:
        """Whether a token is a word."""
        return self.vocabulary.kind == Tokens.SYMBOLS

    def encode(self, texts: Sequence[str]) -> list[Tensor]:
        """The tokens (U,) of each text."""
        return [torch.tensor(self.vocabulary.encode(text), dtype=torch.int64) for text in texts]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of some tokens; what was never seen in training has none."""
        return tidy(self.vocabulary.decode([token for token in tokens if token != self.vocabulary.unk]))

    def timed(self, tokens: Sequence[int], frames: Sequence[int], seconds: float) -> tuple[TimedWord, ...]:
        """The words of some tokens, each of which begins at a frame of so many ``seconds``; without frames, none.

        >>> transcripts = Transcripts.learned(["a cab"], "spoken", Tokens.CHARACTERS)
        >>> transcripts.timed(transcripts.vocabulary.encode("a cab"), [0, 1, 4, 5, 7], 0.5)
        (TimedWord(word='a', begin=0.0, end=0.5), TimedWord(word='cab', begin=2.0, end=4.0))
        """
        if not frames:
            return ()
        decoder = self.vocabulary.decoder()
        found: list[tuple[str, int, int]] = []
        open_word = False
        for token, frame in zip(tokens, frames, strict=True):
            for character in decoder.feed(token) if token != self.vocabulary.unk else "":
                if character.isspace():
                    open_word = False
                elif open_word:
                    word, begin, _ = found[-1]
                    found[-1] = (word + character, begin, frame)
                else:
                    found.append((character, frame, frame))
                    open_word = True
        return tuple(TimedWord(word, begin * seconds, (end + 1) * seconds) for word, begin, end in found)


def _between_spaces(tokens: Tokens) -> Tokens:
    """The same; words of a transcript are what stands between spaces."""
    return Tokens.SYMBOLS if tokens is Tokens.WORDS else tokens


def in_style(text: str, style: str) -> str:
    """A transcript as it is learned and compared.

    >>> in_style(" Well, yes. ", "spoken"), in_style(" Well, yes. ", "written")
    ('well yes', 'Well, yes.')
    """
    return spoken(text) if style == "spoken" else tidy(text)


def picked_tokens(texts: Sequence[str]) -> Tokens:
    """Words where there are few of them and each is said often, else characters.

    >>> picked_tokens(["one two"] * 10), picked_tokens(["one", "two"])
    (<Tokens.WORDS: 'words'>, <Tokens.CHARACTERS: 'characters'>)
    """
    words = [word for text in texts for word in text.split()]
    few = len(set(words)) <= _FEW_WORDS and len(words) >= _OFTEN * len(set(words))
    return Tokens.WORDS if few else Tokens.CHARACTERS
