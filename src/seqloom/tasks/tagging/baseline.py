"""The tagger without a model."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from seqloom.tasks.tagging.given import Steps

__all__ = ["MostFrequent"]

_SMOOTHING = 0.1


class MostFrequent:
    """Each word has the tag that it had most often; one that is new, or a step of a series, the most frequent of all.

    ``tags`` has the numbers of the tags (T,) of each sentence, of ``count`` in all. Scores are logarithms of how often,
    with 0.1 added.

    >>> baseline = MostFrequent([["a", "dog"], ["a", "cat"]], [torch.tensor([0, 1]), torch.tensor([0, 2])], count=3)
    >>> baseline([["cat", "bird"]])[0].argmax(-1)
    tensor([2, 0])
    """

    def __init__(self, steps: Sequence[Steps], tags: Sequence[Tensor], count: int) -> None:
        self._of_word: dict[str, Tensor] = {}
        for sentence, numbers in zip(steps, tags, strict=True):
            if isinstance(sentence, list):
                for word, number in zip(sentence, numbers.tolist(), strict=True):
                    self._of_word.setdefault(word, torch.zeros(count))[number] += 1
        self._of_all = torch.cat(list(tags)).bincount(minlength=count).float()

    def __call__(self, steps: Sequence[Steps]) -> list[Tensor]:
        """Scores (T, K) of each sentence or series."""
        return [torch.stack([self._counts(step) for step in one]).add(_SMOOTHING).log() for one in steps]

    def _counts(self, step: str | Tensor) -> Tensor:
        return self._of_word.get(step, self._of_all) if isinstance(step, str) else self._of_all
