"""Rows of different lengths as one list of tokens, so that padding costs nothing.

Rows are sorted by length, longest first, and their steps are laid out by time: all first steps, all second steps of
the rows that have one, and so on (the layout of torch's PackedSequence). N is the number of real tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seqloom.kernels.large_results import fresh

__all__ = ["PACKING_TENSORS", "Packing", "Steps", "pack", "packing_of", "uniform_steps"]

PACKING_TENSORS = 3
"""How many tensors a packing of ragged rows is made of."""
Integers = npt.NDArray[np.int64]


class Steps(NamedTuple):
    """At step t the first ``counts[t]`` rows are running; their tokens start at ``starts[t]``.

    The states before the first step lie at ``origin``.
    """

    counts: Integers
    starts: Integers
    batch: int
    origin: int

    @property
    def tokens(self) -> int:
        """N, the number of real tokens."""
        return int(self.counts.sum())

    @property
    def is_ragged(self) -> bool:
        """Whether rows end at different steps."""
        return bool(len(self.counts)) and int(self.counts[-1]) != self.batch

    @property
    def previous(self) -> Integers:
        """Where the states of the step before lie."""
        return np.concatenate([np.array([self.origin]), self.starts[:-1]])


@lru_cache(maxsize=64)
def uniform_steps(batch: int, time: int) -> Steps:
    """Every row runs for all ``time`` steps."""
    return Steps(np.full(time, batch), np.arange(time) * batch, batch, -batch)


class Packing(NamedTuple):
    """The steps of a batch, and where its tokens lie in x (B, T, D): None where all rows are whole."""

    steps: Steps
    order: Tensor | None
    places: Tensor | None
    time: int
    row_by_row: bool = False

    @property
    def is_by_steps(self) -> bool:
        """Whether all rows are whole, and tokens lie step by step."""
        return self.places is None and not self.row_by_row

    @property
    def scatters(self) -> bool:
        """Whether ``scatter`` puts tokens into memory of its own."""
        return self.places is not None and not self.row_by_row

    def tensors(self) -> tuple[Tensor, ...]:
        """The packing as tensors, of which ``packing_of`` makes it again; none where all rows are whole."""
        if self.order is None or self.places is None:
            return ()
        return torch.from_numpy(self.steps.counts), self.order, self.places

    def by_rows(self) -> Packing:
        """Rows of equal length with their tokens left as they lie in x."""
        return self._replace(row_by_row=True)

    def gather(self, x: Tensor) -> Tensor:
        """x (B, T, D) → tokens (N, D)."""
        if self.row_by_row:
            return x[:, : len(self.steps.counts)].reshape(-1, x.shape[-1])
        if self.places is None:
            return x.transpose(0, 1).reshape(-1, x.shape[-1])
        return x.reshape(-1, x.shape[-1]).index_select(0, self.places)

    def gather_anew(self, x: Tensor) -> Tensor:
        """The same without gradients, in memory of ours where it is a copy."""
        if self.row_by_row:
            return self.gather(x)
        if self.places is not None:
            rows = x.reshape(-1, x.shape[-1])
            return torch.index_select(rows, 0, self.places, out=fresh(len(self.places), x.shape[-1], like=x))
        steps = x.transpose(0, 1)
        return (steps if steps.is_contiguous() else fresh(*steps.shape, like=x).copy_(steps)).view(-1, x.shape[-1])

    def scatter(self, tokens: Tensor) -> Tensor:
        """Tokens (N, H) → y (B, T, H), 0 where there is none."""
        batch, width = self.steps.batch, tokens.shape[-1]
        if self.row_by_row:
            rows = tokens.view(batch, len(self.steps.counts), width)
            padding = self.time - rows.shape[1]
            return torch.nn.functional.pad(rows, (0, 0, 0, padding)) if padding else rows
        if self.places is None:
            return tokens.view(self.time, batch, width).transpose(0, 1)
        empty = tokens.new_zeros(batch * self.time, width)
        return empty.index_copy_(0, self.places, tokens).view(batch, self.time, width)

    def sort(self, rows: Tensor) -> Tensor:
        """Rows of the batch, longest first."""
        return rows if self.order is None else rows.index_select(0, self.order)

    def unsort(self, rows: Tensor) -> Tensor:
        """Rows in the batch's own order again."""
        if self.order is None:
            return rows
        return torch.empty_like(rows).index_copy(0, self.order, rows)


def packing_of(tensors: Sequence[Tensor], batch: int, time: int) -> Packing:
    """The packing that gave these ``tensors``."""
    if not tensors:
        return Packing(uniform_steps(batch, time), None, None, time)
    counts, order, places = tensors
    sizes = counts.numpy()
    return Packing(Steps(sizes, sizes.cumsum() - sizes, batch, -batch), order, places, time)


def pack(x: Tensor, lengths: Tensor | None) -> Packing:
    """The packing of x (B, T, D); lengths (B,) may lie on any device."""
    batch, time = x.shape[:2]
    if lengths is None:
        return packing_of((), batch, time)
    sizes, order = lengths.cpu().long().sort(descending=True, stable=True)
    running = torch.arange(time)[:, None] < sizes  # (T, B)
    counts = running.sum(1)
    counts = counts[counts > 0]
    places = (order * time + torch.arange(time)[:, None])[running]
    return packing_of((counts, order.to(x.device), places.to(x.device)), batch, time)
