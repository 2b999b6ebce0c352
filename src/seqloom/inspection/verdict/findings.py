"""What a verdict is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from seqloom.inspection.report.section import Section

__all__ = ["Cure", "Kind", "Verdict"]

Kind = Literal[
    "vanishing",
    "exploding",
    "saturated",
    "dead",
    "too short a window",
    "learning rate too high",
    "data without order",
    "healthy",
]


@dataclass(frozen=True)
class Cure:
    """What would help, in words, with the flag or word that does it; ``settings`` are the same for a program.

    >>> print(Cure("Learn in smaller steps: --learning-rate 0.002.", {"learning_rate": 0.002}))
    Learn in smaller steps: --learning-rate 0.002.
    """

    says: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.says


@dataclass(frozen=True)
class Verdict:
    """``kind`` in one word, ``says`` with its figure, and ``cures`` in order of promise."""

    kind: Kind
    says: str
    cures: Sequence[Cure] = ()

    def _repr_html_(self) -> str:
        return Section(self.kind.capitalize(), [self.says, *map(str, self.cures)])._repr_html_()
