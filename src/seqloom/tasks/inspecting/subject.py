"""What an inspection needs of a task: the model in halves, some examples, and names for what goes in and out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.batch import Batch
from seqloom.errors import UsageError
from seqloom.models.halves import Halves

__all__ = ["Asked", "NoHalvesError", "Pixels", "Subject"]


class NoHalvesError(UsageError):
    """A model that is not of two halves, so that nothing can be asked between them; its data are good."""


class Asked(NamedTuple):
    """What is explained of an answer: ``name`` says what each of its numbers is called. The one at ``place`` is asked
    for; None stands for the highest, where they are scores, of ``what`` there is. Of answers (T, K) ``step`` finds the
    one that is explained where none is named."""

    name: Callable[[int], str]
    place: int | None = None
    what: str = "answer"
    step: Callable[[Tensor], int] = lambda answers: len(answers) - 1

    @classmethod
    def of(cls, names: Sequence[str], place: int | None = None, what: str = "answer") -> Asked:
        """The same of a list of names; numbers beyond it are called by their place."""
        return cls(lambda at: names[at] if at < len(names) else f"answer {at}", place, what)


class Pixels(NamedTuple):
    """A picture or video as ``frames`` (F, H, W, C) of uint8, read as so many ``rows`` and ``columns`` of each."""

    frames: NDArray[np.uint8]
    rows: int
    columns: int


@dataclass(frozen=True)
class Subject:
    """A trained model over some examples, as batches in evaluation.

    ``loss`` is the mean over the rows of a batch, in ``unit``; None where rows have an answer a step, so that no row
    can lose its past alone. ``pieces`` names the steps of an example by its number, where they have names, which are
    those of a text unless ``of_text`` says that they are not; ``looks`` is
    what it looks like, where its steps are numbers (T, D) or the regions of a picture. ``window`` are the steps that
    training saw at once, where the data are longer.
    """

    model: Halves
    batches: Sequence[Batch]
    pieces: Callable[[int], Sequence[str]]
    asked: Asked
    loss: Callable[[Batch], Tensor] | None = None
    unit: str = "nats"
    of_text: bool = True
    looks: Callable[[int], NDArray[np.floating] | Pixels | None] = lambda _: None
    window: int | None = None

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
