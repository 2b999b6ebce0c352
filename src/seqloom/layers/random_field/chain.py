"""The scores of every path through a linear chain."""

from __future__ import annotations

import math
from typing import NamedTuple, Self

import torch
from torch import Tensor

from seqloom.kernels.reversing import reverse_rows

__all__ = ["Chain", "at_steps"]


class Chain(NamedTuple):
    """Row b's path y scores start[y_0] + Σ_t scores[b, t, y_t] + Σ_t transitions[y_{t-1}, y_t] + end[y_{T-1}].

    ``scores`` (B, T, K), T > 0, are 0 beyond each row's ``lengths`` (B,), which are T where a row is full; ``start``
    (K,), ``transitions`` (K, K), from rows to columns, and ``end`` (K,). -∞ forbids. A row without steps has one path,
    of score 0.
    """

    scores: Tensor
    lengths: Tensor
    start: Tensor
    transitions: Tensor
    end: Tensor

    @property
    def last(self) -> Tensor:
        """Where each row's last step is (B,)."""
        return (self.lengths - 1).clamp(min=0)

    @property
    def real(self) -> Tensor:
        """Which steps there are (B, T)."""
        return torch.arange(self.scores.shape[1], device=self.scores.device) < self.lengths[:, None]

    def of_steps(self, found: Tensor) -> Tensor:
        """What was ``found`` for each row (B,), 0 for those without steps."""
        return torch.where(self.lengths > 0, found, found.new_zeros(()))

    def reversed(self) -> Self:
        """The same chain, read from the end."""
        scores = reverse_rows(self.scores, self.lengths)
        return self._replace(scores=scores, start=self.end, transitions=self.transitions.mT, end=self.start)

    def given(self, tags: Tensor) -> Self:
        """The same, all paths forbidden but those through ``tags`` (B, T); where they are below 0, any will do."""
        other = (tags >= 0)[..., None] & (tags[..., None] != torch.arange(self.scores.shape[2], device=tags.device))
        return self._replace(scores=self.scores.masked_fill(other & self.real[..., None], -math.inf))

    def score(self, tags: Tensor) -> Tensor:
        """The scores (B,) of the paths ``tags`` (B, T), which are 0 beyond each row's length."""
        count = self.scores.shape[2]
        real = self.real
        single = self.scores.gather(2, tags[..., None])[..., 0]
        pairs = self.transitions.flatten()[count * tags[:, :-1] + tags[:, 1:]]
        zero = self.scores.new_zeros(())
        inner = torch.where(real, single, zero).sum(1) + torch.where(real[:, 1:], pairs, zero).sum(1)
        return self.of_steps(self.start[tags[:, 0]] + inner + self.end[at_steps(tags, self.last)])


def at_steps(values: Tensor, places: Tensor) -> Tensor:
    """One step of each row: ``values`` (B, T, …) at ``places`` (B,) → (B, …)."""
    return values[torch.arange(values.shape[0], device=values.device), places]
