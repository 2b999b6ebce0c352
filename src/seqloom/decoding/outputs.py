"""A set of sequences to choose from, as a tree of their beginnings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from seqloom.errors import UsageError

__all__ = ["Node", "Outputs"]

Node = dict[int, Any]
"""What may come next, each token with the node after it."""


class Outputs:
    """The sequences that may come out of a search, each followed by ``end``. Raises UsageError where there is none.

    >>> outputs = Outputs([(3, 4), (3,)], end=0)
    >>> sorted(outputs.root), sorted(outputs.root[3])
    ([3], [0, 4])
    """

    def __init__(self, sequences: Iterable[Sequence[int]], end: int) -> None:
        self.root: Node = {}
        for sequence in sequences:
            node = self.root
            for token in (*sequence, end):
                node = node.setdefault(token, {})
        if not self.root:
            raise UsageError("A search within a set of outputs needs at least one of them.")

    def only(self, nodes: Sequence[Node | None], scores: Tensor) -> Tensor:
        """scores (R, V) with -∞ for what may not come at the node of each row."""
        pairs = [(row, token) for row, node in enumerate(nodes) for token in node or ()]
        allowed = torch.zeros(scores.shape, dtype=torch.bool)
        allowed[tuple(torch.tensor(pairs, dtype=torch.long).view(-1, 2).T)] = True
        return scores.masked_fill(~allowed.to(scores.device), -math.inf)
