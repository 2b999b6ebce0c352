"""The words and characters that a tagger has seen."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.tasks.tagging.fronts import UNKNOWN

__all__ = ["LONGEST", "Lexicon", "normal_form"]

LONGEST: Final = 40
"""Characters of a word that are read: of a longer one, as a link on the web, the first and the last half of these."""
_DIGIT: Final = re.compile(r"\d")
_FIRST = UNKNOWN + 1
_OFTEN: Final = 1000
"""More counts for as much."""


@dataclass(frozen=True)
class Lexicon:
    """``words`` in their normal form, most frequent first, and how often each was seen, ``counts``; and
    ``characters``, most frequent first. Their ids are their places, after those of nothing and of the unknown.

    >>> lexicon = Lexicon.learned([["The", "cat"], ["the", "end"]])
    >>> lexicon.words, lexicon.counts
    (('the', 'cat', 'end'), (2, 1, 1))
    >>> lexicon.encoded([["the", "dog"]])[0].tolist()
    [[2, 4, 3, 2], [1, 8, 1, 1]]
    """

    words: tuple[str, ...]
    counts: tuple[float, ...]
    characters: tuple[str, ...]

    @classmethod
    def learned(cls, sentences: Iterable[Sequence[str]], before: Lexicon | None = None) -> Self:
        """What some sentences have, after what was known ``before``, whose ids stay: affixes are found by them."""
        forms = Counter(token for sentence in sentences for token in sentence)
        words, characters = Counter[str](), Counter[str]()
        for form, count in forms.items():
            words[normal_form(form)] += count
            for character in form:
                characters[character] += count
        old = cls((), (), ()) if before is None else before
        seen = dict(zip(old.words, old.counts, strict=True))
        ordered = tuple(dict.fromkeys((*old.words, *_by_frequency(words))))
        counts = [words[word] + min(seen.get(word, 0), _OFTEN) for word in ordered]
        return cls(ordered, tuple(counts), tuple(dict.fromkeys((*old.characters, *_by_frequency(characters)))))

    @property
    def affix_rows(self) -> int:
        """How large a table suits the affixes of these words: a power of two."""
        return 1 << max(len(self.words) + 1, 1).bit_length()

    def knowing(self, words: Iterable[str]) -> Self:
        """The same with further words, those in their normal form, which no sentence had."""
        known = set(self.words)
        further = [word for word in dict.fromkeys(words) if word not in known and normal_form(word) == word]
        return type(self)((*self.words, *further), (*self.counts, *[1] * len(further)), self.characters)

    def dropped(self, share: float) -> Tensor:
        """How likely a word of each id (V,) is to be taken for unknown: s / (s + (1 − s) n) where it was seen n times,
        the ``share`` s where it was seen once."""
        counts = torch.tensor([math.inf] * _FIRST + list(self.counts))
        return share / (share + (1 - share) * counts)

    @property
    def character_ids(self) -> int:
        """How many ids of characters there are."""
        return _FIRST + len(self.characters)

    def encoded(self, sentences: Sequence[Sequence[str]]) -> list[Tensor]:
        """For each sentence (T, 1 + L): ids of its words and their characters, L of them in the longest word of all."""
        forms = {token for sentence in sentences for token in sentence}
        width = 1 + min(LONGEST, max(map(len, forms), default=0))
        rows: dict[str, NDArray[np.int32]] = {}
        for form in forms:
            read = form if len(form) <= LONGEST else form[: LONGEST // 2] + form[-LONGEST // 2 :]
            row = np.zeros(width, dtype=np.int32)
            row[0] = self._words.get(normal_form(form), UNKNOWN)
            row[1 : 1 + len(read)] = [self._characters.get(character, UNKNOWN) for character in read]
            rows[form] = row
        return [torch.from_numpy(np.stack([rows[token] for token in sentence])) for sentence in sentences]

    @cached_property
    def _words(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words, _FIRST)}

    @cached_property
    def _characters(self) -> dict[str, int]:
        return {character: place for place, character in enumerate(self.characters, _FIRST)}

    def rows(self, vectors: Mapping[str, NDArray[np.float32]]) -> dict[int, NDArray[np.float32]]:
        """The vectors by the ids of their words."""
        return {place: vectors[word] for word, place in self._words.items() if word in vectors}

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"words": list(self.words), "counts": list(self.counts), "characters": list(self.characters)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_json`. Of before 2026-12 it is known only which words were seen more than once."""
        words, common = data["words"], data.get("common", 0)
        counts = data.get("counts") or [math.inf] * common + [1] * (len(words) - common)
        return cls(tuple(words), tuple(counts), tuple(data["characters"]))


def normal_form(word: str) -> str:
    """A word without its capitals and with 0 for every digit: the characters tell what is lost.

    >>> normal_form("May-31st")
    'may-00st'
    """
    return _DIGIT.sub("0", word.lower())


def _by_frequency(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted(counts, key=lambda one: (-counts[one], one)))
