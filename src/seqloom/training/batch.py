"""The shape of the data that the loop reads; anything with these attributes will do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from torch import Tensor

__all__ = ["IGNORED", "Batch", "Batches", "count_targets", "of_epoch"]

IGNORED = -100
"""The target of a padded position, which neither teaches nor counts."""


class Batch(Protocol):
    """One window of B rows and T steps.

    ``inputs`` (B, T) and ``targets`` (B, T) are ids, padding has the target -100; ``lengths`` (B,) counts the real
    steps of each row, None says that all are real; ``fresh`` (B,) is true where a row starts from the initial state.
    A row that ends in padding is fresh in the next window, so nothing that a causal layer makes of the padding is
    ever read: the loop leaves ``lengths`` out of the call, and the fastest kernels may run.
    """

    @property
    def inputs(self) -> Tensor: ...
    @property
    def targets(self) -> Tensor: ...
    @property
    def lengths(self) -> Tensor | None: ...
    @property
    def fresh(self) -> Tensor: ...


class Batches(Protocol):
    """The windows of one epoch, in their order. ``batches[i]`` depends on ``i`` alone, so a run can resume anywhere.

    Where each epoch has an order of its own, a method ``epoch(number)`` gives the windows of that one.
    """

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Any: ...


def count_targets(batch: Batch) -> int:
    """Return how many positions of a batch teach."""
    return int(batch.targets.ne(IGNORED).sum())


def of_epoch(batches: Batches, number: int) -> Batches:
    """Return the windows of one epoch, a function of its number alone."""
    epoch: Callable[[int], Batches] | None = getattr(batches, "epoch", None)
    return batches if epoch is None else epoch(number)
