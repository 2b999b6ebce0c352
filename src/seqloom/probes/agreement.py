"""Does the verb agree with a subject that stands far before it?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self, final

import numpy as np
import torch
from torch import Tensor

from seqloom.probes.answers import Answer, ClassAnswer
from seqloom.probes.probe import Baseline, Examples, Measures, Probe

__all__ = ["Agreement"]

_ONE = ("cat", "dog", "bird", "child", "teacher", "king")
_MANY = ("cats", "dogs", "birds", "children", "teachers", "kings")
_NOUNS = (*_ONE, *_MANY, "apple", "apples", "fish", "fishes", "cake", "cakes")
_ADVERBS = ("already", "often", "never", "quickly", "gladly", "again")
_VERBS = ("ate", "saw", "liked", "found", "sold", "wanted")
_WORDS = ("<pad>", "the", ",", "which", "and", *_NOUNS, *_ADVERBS, *_VERBS)
_ID = {word: number for number, word in enumerate(_WORDS)}
_CLAUSE = (_ADVERBS, _VERBS, ("the",), _NOUNS, ("and",))


@final
@dataclass(frozen=True)
class Agreement(Probe):
    """Choose "was" or "were" for a subject with many words between.

    "The cat, which already ate …, was full": the subject is one of six nouns, in the singular or the plural; up to
    ``between`` words (default 20) stand between the commas, nouns of both numbers among them, which mislead. The
    number of the subject is asked at the second comma: 0 for "was", 1 for "were". The number prediction of Linzen,
    Dupoux & Goldberg (2016, sec. 3) on made-up sentences. Solved when 99 of 100 verbs are right in sentences with up
    to ``furthest`` words between (default 50), all of them further than was learned.

    Baseline: either.

    >>> examples = Agreement(between=8).draw(1, seed=0)
    >>> Agreement.text(examples.inputs[0]), int(examples.targets[examples.scored])
    ('the children , which often ate the dog and already ,', 1)
    """

    between: int = 20
    furthest: int = 50
    nearest: int = 1

    name = "agreement"

    @property
    def in_features(self) -> int:
        return len(_WORDS)

    @property
    def answer(self) -> Answer:
        return ClassAnswer(2)

    @staticmethod
    def text(tokens: Tensor) -> str:
        """The words of one row (T,)."""
        return " ".join(_WORDS[token] for token in tokens.tolist() if token)

    def baseline(self) -> Baseline:
        return Baseline(math.log(2), 0.5)

    def longer(self) -> Self | None:
        return replace(self, nearest=self.between + 1, between=self.furthest) if self.furthest > self.between else None

    def solved(self, measures: Measures, longer: Measures | None = None) -> bool:
        return (longer or measures).accuracy >= 0.99

    def _draw(self, count: int, rng: np.random.Generator) -> Examples:
        words = rng.integers(self.nearest, self.between + 1, size=(count, 1))
        many = rng.integers(2, size=count)
        tokens = np.empty((count, self.between + 4), dtype=np.int64)
        tokens[:, 0], tokens[:, 2], tokens[:, 3] = _ID["the"], _ID[","], _ID["which"]
        tokens[:, 1] = np.where(many, _any_of(_MANY, count, rng), _any_of(_ONE, count, rng))
        for place in range(4, self.between + 4):
            tokens[:, place] = _any_of(_CLAUSE[(place - 4) % len(_CLAUSE)], count, rng)
        steps = np.arange(self.between + 4)
        last = steps == words + 3
        tokens[last] = _ID[","]
        tokens[steps > words + 3] = _ID["<pad>"]
        parts = (tokens, np.where(last, many[:, None], 0), last, words[:, 0] + 4)
        return Examples(*(torch.from_numpy(part) for part in parts))

    def _problems(self) -> Iterator[str]:
        if self.nearest > self.between:
            yield f"agreement: expected nearest at most between, got {self.nearest} above {self.between}."


def _any_of(words: tuple[str, ...], count: int, rng: np.random.Generator) -> np.ndarray:
    """The ids of ``count`` of these words, drawn with replacement."""
    return np.array([_ID[word] for word in words])[rng.integers(len(words), size=count)]
