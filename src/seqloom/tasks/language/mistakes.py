"""Where the loss of a language model is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seqloom.data import Start, TokenStream, Vocabulary
from seqloom.data.text.lanes import ZERO
from seqloom.inspection.errors import Mistake, Mistakes, broken_down, worst
from seqloom.inspection.errors.breakdown import by_doubling
from seqloom.inspection.errors.tokens import (
    KINDS,
    KNOWERS,
    RARE,
    kinds_of_tokens,
    knowers_of_tokens,
    words_of_tokens,
)
from seqloom.tasks.language.files import Fitted
from seqloom.tasks.language.scoring import surprisals

__all__ = ["mistakes_of_stream"]

_MOST: Final = 1 << 15
"""Tokens that are looked at, from the beginning."""
_BEFORE: Final = 40
_UNIT = "nats"


def mistakes_of_stream(fitted: Fitted, stream: TokenStream) -> Mistakes:
    """Of the first 32,768 tokens of a text, each predicted once, as :func:`measure` does.

    A token costs −ln p. What n-gram models make of each stands beside; the one that is best in the mean is named.
    """
    part, baselines, vocabulary = stream.first(_MOST), fitted.baselines, fitted.vocabulary
    ids = np.asarray(part.ids, np.int64)
    kept = np.ones(len(ids) - 1, bool) if fitted.boundaries.ends else ids[1:] != part.eos
    simple = {name: nats[kept] for name, nats in baselines.nats(ids).items()}
    seen = [counts[1:][kept] for counts in baselines.seen(ids)]
    ids = ids[1:][kept]
    starts = _starts(fitted, ids, part.eos)
    nats = _nats(fitted, ids, starts)
    pieces = _pieces(vocabulary, ids)
    kinds = kinds_of_tokens(pieces, whole_words=vocabulary.kind == "words")
    best = min(simple, key=lambda name: float(simple[name].mean()))
    beside = {best: simple[best]}
    rare = _rare(words_of_tokens(kinds), seen)
    knowers = knowers_of_tokens(nats, np.stack(list(simple.values())), rare)
    place = np.arange(len(ids)) - np.repeat(starts, np.diff([*starts, len(ids)]))
    where = "place in the document" if fitted.boundaries.reset else "place in the text"
    return Mistakes(
        [
            broken_down("who knew", knowers, nats, _UNIT, beside, KNOWERS),
            broken_down("kind of token", kinds, nats, _UNIT, beside, KINDS),
            by_doubling("how often the token was learned", seen[0], nats, _UNIT, beside),
            by_doubling(where, place, nats, _UNIT, beside),
        ],
        [Mistake(at, _context(pieces, at), pieces[at], "", float(nats[at])) for at in worst(nats)],
        says=_says(len(part), len(stream)),
        item="token",
    )


def _starts(fitted: Fitted, ids: NDArray[np.int64], eos: int) -> NDArray[np.int64]:
    """Where the state begins afresh."""
    ends = np.flatnonzero(ids[:-1] == eos) + 1 if fitted.boundaries.reset else np.zeros(0, np.int64)
    return np.concatenate([np.zeros(min(1, len(ids)), np.int64), ends])


def _nats(fitted: Fitted, ids: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    start = fitted.vocabulary.eos if fitted.boundaries.start is Start.EOS else ZERO
    rows = [row.tolist() for row in np.split(ids, starts[1:])]
    found: NDArray[np.float64] = np.concatenate([one.numpy() for one in surprisals(fitted.model, [start], rows)])
    return found


def _pieces(vocabulary: Vocabulary, ids: NDArray[np.int64]) -> list[str]:
    """What each token writes; a byte of a sign beyond ASCII stands for a letter."""
    if vocabulary.kind == "bytes":
        return [
            "\N{LATIN SMALL LETTER E WITH ACUTE}" if 128 <= token < 256 else vocabulary.piece(token) for token in ids
        ]
    return [vocabulary.piece(token) for token in ids.tolist()]


def _rare(words: NDArray[np.int64], seen: Sequence[NDArray[np.int64]]) -> NDArray[np.bool_]:
    """Which tokens are of a word that came at most five times: a word came no more often than any of its n-grams.

    ``seen`` says for each length of n-gram how often that which ends at each token (N,) was learned. Only n-grams that
    lie within a word are asked, so that what is called rare is, but a rare word of common parts is not found.
    """
    count = int(words.max(initial=-1)) + 1
    least = np.full(count, np.iinfo(np.int64).max)
    for before, counts in enumerate(seen):
        inside = np.zeros(len(words), bool)
        inside[before:] = (words[before:] >= 0) & (words[before:] == words[: len(words) - before])
        np.minimum.at(least, words[inside], counts[inside])
    return np.concatenate([least <= RARE, [False]])[words]


def _context(pieces: Sequence[str], at: int) -> str:
    return "".join(pieces[max(0, at - _BEFORE) : at])[-_BEFORE:].replace("\n", "↵") + "…"


def _says(looked: int, whole: int) -> list[str]:
    said = [
        "An n-gram knows a token where the best of the counting models gives it half of the probability or more; a "
        f"token of a word that was learned {RARE} times at most is rare (after Karpathy, Johnson & Fei-Fei, 2015)."
    ]
    return said + [f"These are the first {looked:,} of {whole:,} tokens."] * (looked < whole)
