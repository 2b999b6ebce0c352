"""The beginnings and ends of words as vectors: what hints at the sort of a word that was never seen."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Affixes", "affix_rows"]

_FACTOR: Final = 6364136223846793005
"""Of Knuth's generator of random numbers; all is modulo 2^64."""


class Affixes(nn.Module):
    """characters (N, L), 0 beyond a word's end, and sizes (N,) → (N, ``width``): Σ of the vectors of all affixes.

    These are the beginnings and ends of 1 to ``longest`` characters. Their rows in a table of so many ``rows`` are
    found by hashing, so that there is nothing to list: two may share one (Weinberger et al., 2009, "Feature Hashing for
    Large Scale Multitask Learning"). A word that is shorter than an affix is an affix of its own.

    >>> words = torch.tensor([[5, 6, 7, 0], [8, 6, 7, 0]])
    >>> Affixes(longest=2, rows=64, width=3)(words, torch.tensor([3, 3])).shape
    torch.Size([2, 3])
    """

    def __init__(self, longest: int, rows: int, width: int) -> None:
        super().__init__()
        self.longest, self.out_features = longest, width
        self.table = nn.EmbeddingBag(rows, width, mode="sum")

    def forward(self, characters: Tensor, sizes: Tensor) -> Tensor:
        """(N, L) and (N,) → (N, D)."""
        found: Tensor = self.table(affix_rows(characters, sizes, self.longest, self.table.num_embeddings))
        return found


def affix_rows(characters: Tensor, sizes: Tensor, longest: int, rows: int) -> Tensor:
    """The rows (N, 2 · ``longest``), below ``rows``, of the beginnings of 1, 2, … characters, and then of the ends.

    >>> found = affix_rows(torch.tensor([[5, 6, 7], [8, 6, 7]]), torch.tensor([3, 3]), longest=2, rows=1 << 30)
    >>> (found[0] == found[1]).tolist()
    [False, False, True, True]
    """
    places = torch.arange(longest, device=characters.device)
    from_end = sizes[:, None] - 1 - places
    ends = characters.gather(1, from_end.clamp(min=0)).masked_fill(from_end < 0, 0)
    beginnings = functional.pad(characters, (0, max(0, longest - characters.shape[1])))[:, :longest]
    sums = torch.tensor([1, 2], device=characters.device).expand(len(characters), 2)
    found = []
    for steps in torch.stack((beginnings, ends), 1).unbind(2):
        sums = sums * _FACTOR + steps + 1
        found.append((sums * _FACTOR) >> 32)
    return torch.stack(found, 2).flatten(1) % rows
