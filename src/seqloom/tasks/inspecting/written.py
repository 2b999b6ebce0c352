"""The mistakes of what writes texts: translations, transcripts, captions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from seqloom.data.edits import edit_distance
from seqloom.inspection.errors import Mistake, Mistakes, worst
from seqloom.inspection.errors.breakdown import by_quarters

__all__ = ["MOST_WRITTEN", "mistakes_of_texts"]

MOST_WRITTEN: Final = 300
"""Examples that are answered to see the worst: each is searched for."""
_UNIT = "edits"


def mistakes_of_texts(
    read: Sequence[str], right: Sequence[Sequence[str]], said: Sequence[str], lengths: Sequence[int]
) -> Mistakes:
    """Of N answers, given what was ``read``, the texts that are ``right``, one or more each, and how long inputs are.

    An answer costs the edits of characters that make it the nearest of those that are right.

    >>> found = mistakes_of_texts(["a cat", "a dog"], [["un chat"], ["un chien"]], ["un chat", "un chat"], [2, 2])
    >>> found.worst[0].right, found.worst[0].said, found.worst[0].cost
    ('un chien', 'un chat', 3.0)
    """
    distances = [[edit_distance(text, answer) for text in texts] for texts, answer in zip(right, said, strict=True)]
    costs = np.array([min(several) for several in distances], np.float64)
    nearest = [texts[int(np.argmin(several))] for texts, several in zip(right, distances, strict=True)]
    return Mistakes(
        [
            by_quarters("length of what is read", lengths, costs, _UNIT),
            by_quarters("length of what is right", [len(text) for text in nearest], costs, _UNIT),
        ],
        [Mistake(row, read[row], nearest[row], said[row], float(costs[row])) for row in worst(costs)],
        says=[f"{(costs > 0).mean():.0%} of {len(costs):,} texts are not exactly right; edits are of characters."],
    )
