"""Texts that a model writes for an example, ranked, and the columns of a table that has the best of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

__all__ = ["Candidate", "Ranked", "ranked_columns"]


class Ranked(Protocol):
    """A text, and how good it is beside others of the same example: the higher, the better."""

    @property
    def text(self) -> str:
        """What is written."""

    @property
    def score(self) -> float:
        """ln p, and what the search adds to it."""


class Candidate(NamedTuple):
    """A text that was found, and its score: ln p, by the length penalty."""

    text: str
    score: float


def ranked_columns(found: Sequence[Sequence[Ranked]], top: int, name: str = "prediction") -> dict[str, list[Any]]:
    """The best text of each example under ``name``; with ``top`` above 1 as many, with their scores. What a search has
    not found is empty.

    >>> ranked_columns([[Candidate("a", -0.5), Candidate("b", -2.0)], [Candidate("c", -0.1)]], 2)
    {'prediction': ['a', 'c'], 'score': [-0.5, -0.1], 'prediction_2': ['b', ''], 'score_2': [-2.0, '']}
    """
    columns: dict[str, list[Any]] = {name: [several[0].text if several else "" for several in found]}
    for place in range(top if top > 1 else 0):
        suffix = f"_{place + 1}" if place else ""
        there = [several[place] if place < len(several) else None for several in found]
        columns[f"{name}{suffix}"] = ["" if one is None else one.text for one in there]
        columns[f"score{suffix}"] = ["" if one is None else round(one.score, 4) for one in there]
    return columns
