"""How good captions are, where a picture has several that are right: CIDEr, CIDEr-D, BLEU-4 and exact match."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple, Self

from seqloom.data.text.vocabularies.word_boundaries import split_words
from seqloom.errors import DataError
from seqloom.tasks.measures.translation import bleu

__all__ = ["Cider", "bleu_of_words", "caption_words", "exact_match", "figures_of_captions"]

_LONGEST: Final = 4
_SPREAD: Final = 6.0
_SCALE: Final = 10.0
"""As the published code reports both."""

Grams = Counter[tuple[str, ...]]


def figures_of_captions(answers: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """The figures of an answer for each picture, beside its references.

    ``exact`` is a share, ``bleu`` from 0 to 100, ``cider`` and ``cider_d`` from 0 to 10. How rare a phrase is, is
    counted in these references.

    >>> figures_of_captions(["a red ball", "a box"], [["a red ball", "red ball"], ["the blue box"]])["exact"]
    0.5
    """
    cider = Cider.of(references)
    pairs = list(zip(answers, references, strict=True))
    return {
        "cider": sum(cider.plain(*pair) for pair in pairs) / len(pairs),
        "cider_d": sum(cider.robust(*pair) for pair in pairs) / len(pairs),
        "bleu": bleu_of_words(answers, references),
        "exact": exact_match(answers, references),
    }


def caption_words(text: str) -> list[str]:
    """The words of a caption as they are compared: in small letters, without punctuation.

    >>> caption_words("A dog, running!")
    ['a', 'dog', 'running']
    """
    return [word.lower() for word in split_words(text) if any(letter.isalnum() for letter in word)]


def exact_match(answers: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """The share of answers that have the words of one of their references."""
    found = [
        caption_words(answer) in [caption_words(one) for one in several]
        for answer, several in zip(answers, references, strict=True)
    ]
    return sum(found) / len(found)


def bleu_of_words(answers: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """BLEU-4 of all answers (Papineni et al., 2002) on the words of :func:`caption_words`: 0 to 100."""
    said = [" ".join(caption_words(answer)) for answer in answers]
    right = [[" ".join(caption_words(one)) for one in several] for several in references]
    return bleu(said, right, tokenizer="none")


class _Seen(NamedTuple):
    """A caption as vectors: for each length n of phrases the weight of each, tf · idf; and its number of words."""

    vectors: list[dict[tuple[str, ...], float]]
    norms: list[float]
    words: int


class Cider(NamedTuple):
    """CIDEr and CIDEr-D (Vedantam et al., 2015), with the rarity of phrases as in the references of ``pictures``.

    Of phrases of n = 1 … 4 words, g_n has for each its count · ln(pictures / pictures that have it). CIDEr is the mean
    over n, and over the references, of 10 · cos(g_n(answer), g_n(reference)). CIDEr-D takes min(g_n(answer),
    g_n(reference)) in the place of g_n(answer) in the product, and multiplies by exp(−(difference in words)² / 72), so
    that repeating a word does not pay. Words are not stemmed. Phrases in every picture count nothing: with one picture
    all is 0.

    >>> cider = Cider.of([["a red ball"], ["a blue box"]])
    >>> round(cider.plain("a red ball", ["a red ball"]), 2), cider.plain("a", ["a red ball"])
    (7.5, 0.0)
    """

    pictures: int
    found_in: Counter[tuple[str, ...]]

    @classmethod
    def of(cls, references: Sequence[Sequence[str]]) -> Self:
        """Count the phrases of the references of each picture. DataError where one has none."""
        found = Counter[tuple[str, ...]]()
        for place, several in enumerate(references):
            if not several:
                raise DataError(f"references: picture {place:,} has none.")
            found.update({gram for one in several for gram in _grams(caption_words(one))})
        return cls(len(references), found)

    def plain(self, answer: str, references: Sequence[str]) -> float:
        """CIDEr of one answer, 0 to 10."""
        said = self._seen(answer)
        return _SCALE * sum(self._cosine(said, self._seen(one)) for one in references) / len(references)

    def robust(self, answer: str, references: Sequence[str]) -> float:
        """CIDEr-D of one answer, 0 to 10."""
        said, total = self._seen(answer), 0.0
        for one in map(self._seen, references):
            penalty = math.exp(-((said.words - one.words) ** 2) / (2 * _SPREAD**2))
            total += penalty * self._cosine(said, one, clipped=True)
        return _SCALE * total / len(references)

    def _seen(self, text: str) -> _Seen:
        words = caption_words(text)
        vectors: list[dict[tuple[str, ...], float]] = [{} for _ in range(_LONGEST)]
        for gram, count in _grams(words).items():
            vectors[len(gram) - 1][gram] = count * math.log(self.pictures / max(1, self.found_in[gram]))
        norms = [math.sqrt(sum(value * value for value in one.values())) for one in vectors]
        return _Seen(vectors, norms, len(words))

    @staticmethod
    def _cosine(said: _Seen, other: _Seen, clipped: bool = False) -> float:
        total = 0.0
        for mine, others, *norms in zip(said.vectors, other.vectors, said.norms, other.norms, strict=True):
            if all(norms):
                shared = mine.keys() & others.keys()
                product = sum((min(mine[k], others[k]) if clipped else mine[k]) * others[k] for k in shared)
                total += product / (norms[0] * norms[1])
        return total / _LONGEST


def _grams(words: Sequence[str]) -> Grams:
    return Counter(
        tuple(words[begin : begin + n]) for n in range(1, _LONGEST + 1) for begin in range(len(words) - n + 1)
    )
