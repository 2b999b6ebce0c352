"""A translation word by word: the lexicon of IBM model 1 (Brown et al., 1993)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

__all__ = ["translated", "word_table"]

_MOST: Final = 20_000
"""Pairs that are learned from."""
_LINKS: Final = 4_000_000
"""Words of a source times words of its target, all together."""


def word_table(sources: Sequence[str], targets: Sequence[str], rounds: int = 5) -> dict[str, str]:
    """The likeliest target word of each source word: p(target | source) by expectation maximisation over all pairs.

    In each round a target word f is shared out over the words e of its source by t(f | e) / Σ_e' t(f | e'), and t is
    what comes of the shares. It begins alike for all.

    >>> word_table(["the house", "the book", "a book"], ["das Haus", "das Buch", "ein Buch"])
    {'the': 'das', 'house': 'Haus', 'book': 'Buch', 'a': 'ein'}
    """
    known: tuple[dict[str, int], dict[str, int]] = ({}, {})
    read: list[Any] = []
    written: list[Any] = []
    sentence: list[Any] = []
    count = links = 0
    for source, target in zip(sources[:_MOST], targets[:_MOST], strict=True):
        ours = np.array([known[0].setdefault(word, len(known[0])) for word in dict.fromkeys(source.split())])
        theirs = np.array([known[1].setdefault(word, len(known[1])) for word in target.split()])
        links += len(ours) * len(theirs)
        if links > _LINKS:
            break
        if len(ours) and len(theirs):
            read.append(np.tile(ours, len(theirs)))
            written.append(np.repeat(theirs, len(ours)))
            sentence.append(np.repeat(np.arange(count, count + len(theirs)), len(ours)))
            count += len(theirs)
    if not read:
        return {}
    e, f, places = np.concatenate(read), np.concatenate(written), np.concatenate(sentence)
    pairs, each = np.unique(e.astype(np.int64) * len(known[1]) + f, return_inverse=True)
    of_pair = pairs // len(known[1])
    t: Any = np.ones(len(pairs))
    for _ in range(rounds):
        shares = t[each] / np.bincount(places, t[each])[places]
        t = np.bincount(each, shares, len(pairs))
        t /= np.bincount(of_pair, t)[of_pair]
    words = list(known[0]), list(known[1])
    best: dict[str, str] = {}
    for k in np.lexsort((-t, of_pair)).tolist():
        best.setdefault(words[0][of_pair[k]], words[1][pairs[k] % len(known[1])])
    return best


def translated(table: dict[str, str], source: str) -> str:
    """Each word by the table, others as they are.

    >>> translated({"the": "das", "book": "Buch"}, "the old book")
    'das old Buch'
    """
    return " ".join(table.get(word, word) for word in source.split())
