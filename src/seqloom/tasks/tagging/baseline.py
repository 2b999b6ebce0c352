"""The tagger without a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Self

import torch
from torch import Tensor

from seqloom.tasks.tagging.given import Steps
from seqloom.tasks.tagging.tag_set import TagSet

__all__ = ["MostFrequent"]

_SMOOTHING = 0.1
_ALL = ""
"""No word: the counts of all steps."""


class MostFrequent:
    """Each word has the tag that it had most often; one that is new, or a step of a series, the most frequent of all.

    ``counts`` says how often each word had which tag, of ``names`` in all, ready for JSON. Scores are logarithms of how
    often, with 0.1 added.

    >>> sentences, tags = [["a", "dog"], ["a", "cat"]], [["DET", "NOUN"], ["DET", "PET"]]
    >>> baseline = MostFrequent.learned(sentences, tags, TagSet.learned(tags))
    >>> baseline([["cat", "bird"]])[0].argmax(-1)
    tensor([2, 0])
    """

    def __init__(self, counts: Mapping[str, Mapping[str, int]], names: int) -> None:
        self.counts, self._names = counts, names

    @classmethod
    def learned(cls, steps: Sequence[Steps], tags: Sequence[Sequence[str]], known: TagSet) -> Self:
        """What some sentences or series have."""
        counts: dict[str, Counter[str]] = {_ALL: Counter()}
        for sentence, numbers in zip(steps, known.encoded(tags), strict=True):
            words = sentence if isinstance(sentence, list) else []
            of_sentence = [str(number) for number in numbers.tolist()]
            counts[_ALL].update(of_sentence)
            for word, number in zip(words, of_sentence, strict=False):
                counts.setdefault(word, Counter())[number] += 1
        return cls({word: dict(of_word) for word, of_word in counts.items()}, len(known.names))

    def __call__(self, steps: Sequence[Steps]) -> list[Tensor]:
        """Scores (T, K) of each sentence or series."""
        return [torch.stack([self._scores(step) for step in one]) for one in steps]

    def _scores(self, step: str | Tensor) -> Tensor:
        found = torch.full((self._names,), _SMOOTHING)
        for number, count in self.counts[step if isinstance(step, str) and step in self.counts else _ALL].items():
            found[int(number)] += count
        return found.log()
