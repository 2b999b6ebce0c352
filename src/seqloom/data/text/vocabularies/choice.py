"""The kinds of vocabulary: learn one from text, or read one back from JSON."""

from __future__ import annotations

from collections.abc import Iterable

from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.bpe import BytePairs
from seqloom.data.text.vocabularies.byte import Bytes
from seqloom.data.text.vocabularies.characters import Characters
from seqloom.data.text.vocabularies.legacy_words import LegacyWords
from seqloom.data.text.vocabularies.symbols import Symbols
from seqloom.data.text.vocabularies.vocabulary import Vocabulary
from seqloom.data.text.vocabularies.words import Words
from seqloom.errors import ModelFileError, UsageError
from seqloom.settings.text import Tokens

__all__ = ["Tokens", "extended_vocabulary", "grown_vocabulary", "learn_vocabulary", "vocabulary_from_json"]


def learn_vocabulary(
    tokens: Tokens, pieces: Iterable[Piece], minimum_count: int = 1, maximum_size: int | None = None
) -> Vocabulary:
    """Learn the vocabulary of a text; ``maximum_size`` None takes each kind's own."""
    if minimum_count < 1:
        raise UsageError(f"minimum_count must be at least 1, got {minimum_count}.")
    if maximum_size is not None and maximum_size < 3:
        raise UsageError(f"maximum_size must be at least 3 (<eos>, <unk> and one token), got {maximum_size}.")
    if tokens is Tokens.BYTES:
        return Bytes.learn()
    if tokens is Tokens.BPE:
        return BytePairs.learn(pieces, *_given(maximum_size))
    if tokens is Tokens.WORDS:
        return Words.learn(pieces, minimum_count, *_given(maximum_size))
    if tokens is Tokens.SYMBOLS:
        return Symbols.learn(pieces, minimum_count, *_given(maximum_size))
    return Characters.learn(pieces, minimum_count, *_given(maximum_size))


def grown_vocabulary(
    before: Vocabulary, pieces: Iterable[Piece], minimum_count: int = 1, maximum_size: int | None = None
) -> Vocabulary:
    """The same vocabulary, and after it what further text has. Bytes and pieces of words (BPE) stand for all text.

    >>> grown_vocabulary(Words(["like", "pizza"]), [Piece("I like it", True)]).words
    ('like', 'pizza', 'I', 'it')
    """
    if not isinstance(before, Characters | Words | Symbols):
        return before
    found = learn_vocabulary(Tokens(before.kind), pieces, minimum_count).to_json()["tokens"]
    return extended_vocabulary(before, found, None if maximum_size is None else max(0, maximum_size - before.size))


def extended_vocabulary(before: Vocabulary, tokens: Iterable[str], most: int | None = None) -> Vocabulary:
    """The same vocabulary, and after it ``tokens`` of its kind that it has not, at most so many."""
    data = before.to_json()
    old = set(data["tokens"])
    further = [token for token in dict.fromkeys(tokens) if token not in old]
    return vocabulary_from_json({**data, "tokens": [*data["tokens"], *further[:most]]})


def vocabulary_from_json(data: object) -> Vocabulary:
    """The inverse of :meth:`Vocabulary.to_json`; anything unexpected raises ModelFileError.

    >>> vocabulary_from_json({"kind": "characters", "tokens": ["a", "b"]})
    Characters(size=4)
    """
    if not isinstance(data, dict):
        raise ModelFileError(f"Damaged vocabulary: expected a JSON object, found {type(data).__name__}.")
    kind = data.get("kind")
    if kind == Words.kind and "rule" not in data:
        return LegacyWords.from_json(data)
    for vocabulary in (Characters, Bytes, Words, BytePairs, Symbols):
        if vocabulary.kind == kind:
            return vocabulary.from_json(data)
    raise ModelFileError(
        f"Unknown kind of vocabulary {kind!r}: expected one of {', '.join(Tokens)}. "
        "The model may come from a newer version."
    )


def _given(size: int | None) -> tuple[int, ...]:
    return () if size is None else (size,)
