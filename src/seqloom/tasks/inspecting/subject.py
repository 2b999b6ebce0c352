"""What an inspection needs of a task: the model in halves, some examples, and names for what goes in and out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seqloom.data.batch import Batch
from seqloom.errors import UsageError
from seqloom.models.halves import Halves

__all__ = ["NoHalvesError", "Subject"]


class NoHalvesError(UsageError):
    """A model that is not of two halves, so that nothing can be asked between them; its data are good."""


@dataclass(frozen=True)
class Subject:
    """A trained model over some examples, as batches in evaluation.

    ``loss`` is the mean over the rows of a batch, in ``unit``; None where rows have an answer a step, so that no row
    can lose its past alone. ``pieces`` names the steps of an example by its number, ``outputs`` an answer by its place.
    """

    model: Halves
    batches: Sequence[Batch]
    pieces: Callable[[int], Sequence[str]]
    outputs: Callable[[int], str]
    loss: Callable[[Batch], Tensor] | None = None
    unit: str = "nats"

    def vectors(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """What the layers read of a batch."""
        with torch.no_grad():
            return self.model.vectors(batch.x, batch.length)

    def row(self, number: int) -> Batch:
        """One example as a batch of its own, without padding, of its real length."""
        for batch in self.batches:
            if number < batch.size:
                one = batch.rows(number, number + 1)
                if one.length is None:
                    return one
                real = int(one.length[0])
                targets = one.targets[:, :real] if one.targets.ndim > 1 else one.targets
                return Batch({"x": one.x[:, :real]}, targets, one.lengths)
            number -= batch.size
        raise IndexError(number)

    @property
    def size(self) -> int:
        """How many examples there are."""
        return sum(batch.size for batch in self.batches)
