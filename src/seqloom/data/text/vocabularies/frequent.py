"""The frequent tokens of a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.segments import Segmenter
from seqloom.data.text.vocabularies.vocabulary import check_size

__all__ = ["count_tokens", "most_frequent"]

_MOST_DIFFERENT: Final = 1_500_000


def count_tokens(pieces: Iterable[Piece], segmenter: Segmenter, split: Callable[[str], list[str]]) -> Counter[str]:
    """How often each token of a streamed text is there; DataError where far too many are different."""
    counts: Counter[str] = Counter()
    for text, ends in pieces:
        for segment in segmenter.feed(text):
            counts.update(split(segment))
        if ends:
            for segment in segmenter.finish():
                counts.update(split(segment))
        check_size(len(counts), "tokens", _MOST_DIFFERENT)
    for segment in segmenter.finish():
        counts.update(split(segment))
    return counts


def most_frequent(counts: Counter[str], minimum_count: int, most: int) -> list[str]:
    """The tokens seen at least ``minimum_count`` times, most frequent first, at most ``most`` of them.

    >>> most_frequent(Counter("banana"), minimum_count=2, most=10)
    ['a', 'n']
    """
    kept = [token for token, count in counts.items() if count >= minimum_count]
    kept.sort(key=lambda token: (-counts[token], token))
    return kept[:most]
