"""The one value that flows from data to a model, and the order in which it comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

import torch
from torch import Tensor

__all__ = ["IGNORED", "Batch", "Batches", "Epoch"]

IGNORED: Final = -100
"""The target of a padded position, which neither teaches nor counts."""


class Batch(NamedTuple):
    """B rows, read at once.

    ``inputs`` (B, …) by name; where there is one it is called ``x``. ``lengths`` (B,) has the real steps of each ragged
    input, under its name: one that is not there is full. ``targets`` (B, …) are what the objective wants. ``fresh``
    (B,) is true where a row starts from the initial state, of batches that carry one on to the next.

    >>> batch = Batch({"x": torch.zeros(2, 3)}, torch.tensor([0, 1]), {"x": torch.tensor([3, 1])})
    >>> batch.size, batch.length.tolist(), batch.rows(1, 2).length.tolist()
    (2, [3, 1], [1])
    """

    inputs: Mapping[str, Tensor]
    targets: Tensor
    lengths: Mapping[str, Tensor] = {}
    fresh: Tensor | None = None

    @property
    def x(self) -> Tensor:
        """The only input."""
        return self.inputs["x"]

    @property
    def length(self) -> Tensor | None:
        """The lengths (B,) of the only input, None where it is full."""
        return self.lengths.get("x")

    @property
    def size(self) -> int:
        """B."""
        return len(self.targets)

    def to(self, device: torch.device) -> Batch:
        """The same on a device; ``fresh``, which steers Python, stays."""
        if self.targets.device == device:
            return self
        return self._each(lambda value: value.to(device))._replace(fresh=self.fresh)

    def rows(self, begin: int, end: int) -> Batch:
        """The rows from ``begin`` up to ``end``."""
        return self._each(lambda value: value[begin:end])

    def _each(self, function: Callable[[Tensor], Tensor]) -> Batch:
        inputs, lengths = (
            {name: function(value) for name, value in part.items()} for part in (self.inputs, self.lengths)
        )
        return Batch(inputs, function(self.targets), lengths, None if self.fresh is None else function(self.fresh))


class Epoch(Protocol):
    """The batches of one epoch, in their order. Batch i depends on ``i`` alone, so a run can resume anywhere."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Batch: ...


class Batches(Epoch, Protocol):
    """The batches of epoch 0; ``epoch`` gives those of another, a function of its number alone."""

    def epoch(self, number: int) -> Epoch: ...
