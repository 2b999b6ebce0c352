"""What baselines look at: the words and letters of texts, or what summarises a series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Features", "Heard", "Nothing", "Pixels", "Summary", "Terms", "text_of"]

MOST_TERMS = 20_000
"""Terms of each kind: the commonest."""
LONGEST_TEXT = 20_000
"""Characters of a text that are looked at: its beginning."""
COUNTED = 3_000_000
"""Characters whose terms are counted to find the commonest: every pair of words takes memory until then."""
_FEW = 4
_PIXELS = 16
_KINDS: dict[str, dict[str, Any]] = {
    "word": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"\w+|[^\w\s]"},
    "char": {"analyzer": "char_wb", "ngram_range": (2, 4)},
}


class Features:
    """From N rows to an array (N, F), dense or sparse."""

    def of(self, X: Sequence[Any]) -> Any:
        raise NotImplementedError


class Nothing(Features):
    """No features: who looks at them answers alike for every row."""

    def of(self, X: Sequence[Any]) -> Any:
        """Zeros (N, 0)."""
        return np.zeros((len(X), 0))


class Summary(Features):
    """Of each channel of a series (T, D) its mean, deviation and slope over time, and once ln T: (N, 3 D + 1).

    >>> Summary().of([[[0.0], [1.0], [2.0]]]).round(3)
    array([[1.   , 0.816, 1.   , 1.099]])
    """

    def of(self, X: Sequence[Any]) -> Any:
        return np.stack([_summary(np.asarray(series, dtype=np.float64)) for series in X])


class Pixels(Features):
    """Pictures (H, W, C), or the mean frame of videos (T, H, W, C), as up to 16 · 16 pixels, means of as many as fall
    into one: (N, 256 · C).

    >>> Pixels().of(np.arange(32).reshape(1, 32, 1, 1)).tolist()
    [[0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5, 16.5, 18.5, 20.5, 22.5, 24.5, 26.5, 28.5, 30.5]]
    """

    def of(self, X: Sequence[Any]) -> Any:
        return np.stack([_pixels(np.asarray(one, dtype=np.float64)) for one in X])


@dataclass(frozen=True)
class Heard(Features):
    """The same of sounds, whose channels are their log-mel frames at ``rate``: how loud each band is, and its slope."""

    rate: int

    def of(self, X: Sequence[Any]) -> Any:
        from seqloom.layers import LogMel
        from seqloom.tasks.inputs.sounds import as_sounds, frames_of

        front = LogMel(self.rate)
        return np.stack([_summary(np.concatenate([*frames_of(one, front)])) for one in as_sounds(X, self.rate)])


@dataclass(frozen=True)
class Terms(Features):
    """TF-IDF of words and pairs of words: (1 + ln count) · (1 + ln((1 + N) / (1 + n))), where n of N texts have it.

    Texts of few words, four in the mean, are also seen as two to four letters. ``terms`` has the terms of each kind, at
    most 20,000, counted in up to three million characters of drawn texts, and ``idf`` their weights; each kind
    is scaled to length 1. Of a text the first 20,000 characters are looked at.
    """

    terms: dict[str, list[str]]
    idf: dict[str, NDArray[np.float64]]

    @classmethod
    def fit(cls, texts: Sequence[Any]) -> Terms:
        """The terms of some texts, strings or lists of words."""
        seen = [text_of(row) for row in texts]
        few = sum(len(text.split()) for text in seen) <= _FEW * len(seen)
        terms, idf = {}, {}
        for kind in ("word", "char") if few else ("word",):
            vectoriser = _vectoriser(kind, max_features=MOST_TERMS)
            try:
                vectoriser.fit(_some(seen))
            except ValueError:  # there is no term, as of words in texts of spaces
                continue
            terms[kind], idf[kind] = vectoriser.get_feature_names_out().tolist(), vectoriser.idf_
        return cls(terms, idf)

    def of(self, X: Sequence[Any]) -> Any:
        from scipy.sparse import csr_array, hstack

        parts = [csr_array((len(X), 0))]
        for kind, terms in self.terms.items():
            vectoriser = _vectoriser(kind, vocabulary={term: place for place, term in enumerate(terms)})
            vectoriser.idf_ = self.idf[kind]
            parts.append(vectoriser.transform(map(text_of, X)))
        return hstack(parts, format="csr")


def _some(texts: Sequence[str]) -> Sequence[str]:
    """All texts, or of more characters than are counted some that are drawn."""
    share = COUNTED / max(1, sum(map(len, texts)))
    if share >= 1:
        return texts
    drawn = np.random.default_rng(0).random(len(texts)) < share
    return [text for text, chosen in zip(texts, drawn, strict=True) if chosen] or texts[:1]


def _vectoriser(kind: str, **more: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(**_KINDS[kind], sublinear_tf=True, **more)


def text_of(row: Any) -> str:
    """What is looked at of a text, a string or a list of words."""
    text = row if isinstance(row, str) else " ".join(map(str, row))
    return text[:LONGEST_TEXT]


def _pixels(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    means = picture.mean(0) if picture.ndim == 4 else picture
    for axis in (0, 1):
        side = means.shape[axis]
        begins = np.arange(min(side, _PIXELS)) * side // min(side, _PIXELS)
        counts = np.diff([*begins, side]).reshape(-1, *[1] * (2 - axis))
        means = np.add.reduceat(means, begins, axis) / counts
    return means.ravel()


def _summary(series: NDArray[np.float64]) -> NDArray[np.float64]:
    x = series.reshape(len(series), -1)
    time = np.arange(len(x)) - (len(x) - 1) / 2
    slopes = time @ x / max(1.0, float(time @ time))
    return np.concatenate([x.mean(0), x.std(0), slopes, [np.log(len(x))]])
