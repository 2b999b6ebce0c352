"""What is to be told of the mistakes of a model, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from seqloom.inspection.errors.breakdown import Breakdown
from seqloom.inspection.errors.reliability import Reliability

__all__ = ["Mistake", "Mistakes", "worst"]


class Mistake(NamedTuple):
    """An item, by its number, that cost much: what was read, what was right, and what the model ``said``."""

    number: int
    read: str
    right: str
    said: str
    cost: float


@dataclass(frozen=True)
class Mistakes:
    """Where a model errs: ``breakdowns`` of its cost, the ``worst`` items, the worst first, and of answers with
    probabilities how ``reliable`` these are, the model's first, by name. ``says`` are remarks, a sentence each;
    ``item`` is what has a number."""

    breakdowns: Sequence[Breakdown]
    worst: Sequence[Mistake] = ()
    reliable: Mapping[str, Reliability] = field(default_factory=dict)
    says: Sequence[str] = ()
    item: str = "row"


def worst(costs: ArrayLike, most: int = 10) -> list[int]:
    """The numbers of the items that cost most, the worst first; none that cost nothing.

    >>> worst([0.0, 3.0, 1.0, 3.0])
    [1, 3, 2]
    """
    each = np.asarray(costs, np.float64)
    return [int(number) for number in np.argsort(-each, kind="stable")[:most] if each[number] > 0]
