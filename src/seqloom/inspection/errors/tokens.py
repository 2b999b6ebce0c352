"""Tokens of a text by what they are, and by who would have known them.

The second follows Karpathy, Johnson & Fei-Fei (2015), "Visualizing and understanding recurrent networks", section 4.4,
where what n-gram models know is taken off a model's errors first, then what memory and rare words explain, and what is
left is nobody's. There an error is a token of probability below 1/2; here it is the same, and the parts are of the
whole loss, so what the model did know stands among them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["KINDS", "KNOWERS", "RARE", "kinds_of_tokens", "knowers_of_tokens", "words_of_tokens"]

SPACE, START, LETTER, DIGIT, PUNCTUATION, MARK = (
    "space",
    "start of a word",
    "letter in a word",
    "digit",
    "punctuation",
    "mark of the vocabulary",
)
KINDS = (START, LETTER, DIGIT, SPACE, PUNCTUATION, MARK)
KNOWN_TOO, MEMORY, KNOWN_BETTER, RARE_WORD, NOBODY = (
    "an n-gram knew it too",
    "needed memory",
    "an n-gram would have known",
    "rare word",
    "nobody knew",
)
KNOWERS = (KNOWN_TOO, MEMORY, KNOWN_BETTER, RARE_WORD, NOBODY)
RARE = 5
"""A word that came so often in training, or less, is rare (Karpathy et al., 2015)."""
_KNOWN = math.log(2)
"""−ln p of what is known: p is 1/2."""


def kinds_of_tokens(pieces: Sequence[str], whole_words: bool = False) -> list[str]:
    """What each of the ``pieces`` of a text is: see ``KINDS``.

    A letter begins a word where no letter, digit or apostrophe stands before it; of pieces that are ``whole_words``
    each does. Of a longer piece its first sign counts, spaces left out.

    >>> kinds_of_tokens(list("I 'm 7.") + ["<eos>"])
    ['start of a word', 'space', 'punctuation', 'letter in a word', 'space', 'digit', 'punctuation', \
'mark of the vocabulary']
    >>> kinds_of_tokens([" the", "re", ","]), kinds_of_tokens(["a", "cat"], whole_words=True)
    (['start of a word', 'letter in a word', 'punctuation'], ['start of a word', 'start of a word'])
    """
    found, inside = [], False
    for piece in pieces:
        sign = piece.lstrip()[:1]
        if len(piece) > 2 and piece.startswith("<") and piece.endswith(">"):
            kind = MARK
        elif not sign:
            kind = SPACE
        elif sign.isalpha():
            kind = LETTER if inside and not whole_words and not piece[0].isspace() else START
        else:
            kind = DIGIT if sign.isdigit() else PUNCTUATION
        found.append(kind)
        inside = kind != MARK and (piece[-1:].isalnum() or piece[-1:] in "'’")
    return found


def words_of_tokens(kinds: Sequence[str]) -> NDArray[np.int64]:
    """The number of the word that each token is of (N,), -1 for what is of none.

    >>> words_of_tokens(kinds_of_tokens(list("so it")))
    array([ 0,  0, -1,  1,  1])
    """
    of_a_word = np.array([kind in (START, LETTER) for kind in kinds], bool)
    numbers = np.array(list(accumulate(kind == START for kind in kinds)), np.int64) - 1
    return np.where(of_a_word, numbers, -1)


def knowers_of_tokens(nats: ArrayLike, ngrams: ArrayLike, rare: ArrayLike) -> list[str]:
    """Who knows each of N tokens, by −ln p of a model (N,) and of n-gram models (K, N), and which are of a rare word.

    A token is known to who gives it 1/2 or more, and n-grams know what the best of them knows:

    - an n-gram knew it too: and so did the model;
    - an n-gram would have known: the model did not;
    - needed memory: no n-gram knew; the model did, or it came nearer than each n-gram and the word is not rare;
    - rare word, nobody knew: what is left, with the word rare or not.

    >>> knowers_of_tokens([0.1, 0.1, 2.0, 2.0, 5.0, 5.0], [[0.3, 4.0, 0.2, 3.0, 4.0, 4.0]], [0, 0, 0, 0, 1, 0])[:3]
    ['an n-gram knew it too', 'needed memory', 'an n-gram would have known']
    """
    own, best = np.asarray(nats, np.float64), np.asarray(ngrams, np.float64).min(0)
    scarce = np.asarray(rare, bool)
    knows, simple = own <= _KNOWN, best <= _KNOWN
    found = np.select(
        [simple & knows, simple, knows, scarce, own < best],
        [KNOWN_TOO, KNOWN_BETTER, MEMORY, RARE_WORD, MEMORY],
        NOBODY,
    )
    return [str(one) for one in found]
