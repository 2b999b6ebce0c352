"""Examples of different lengths as batches: like lengths together, in an order drawn anew for each epoch."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.batch import IGNORED, Batch
from seqloom.data.draws import Purpose, drawn_order
from seqloom.data.lazy_rows import lengths_of
from seqloom.errors import UsageError

__all__ = ["Padded", "Targets", "chosen", "pad"]

Targets = Tensor | Sequence[Tensor]
"""(N, …), one for each example; or for each a tensor (T, …), one for each of its steps."""
_POOL: Final = 64
"""Batches whose examples are sorted by length together: more would pad less, and mix less."""


@final
class Padded:
    """The batches of an epoch, as a sequence: batch i depends on i alone.

    ``inputs`` has the examples of each input by name, tensors (T, …) that differ in T alone. ``targets`` (N, …) have
    one for each example; or they are a sequence of tensors (T, …), one for each step, and come padded with IGNORED.
    With a ``seed`` the examples come in an order drawn by (seed, epoch), in pools of 64 batches that are each sorted by
    length, and then by that of targets with one of their own, so that little is padded; without, in that of the data. A
    batch has fewer examples where it would have more than ``most_steps``, padding included; one example is one batch at
    least. Raises UsageError for inputs that are of different number, and for examples without a step.

    >>> rows = [torch.ones(length) for length in (3, 1, 2)]
    >>> batch = Padded({"x": rows}, torch.tensor([0, 1, 2]), batch_size=2)[0]
    >>> batch.x.tolist(), batch.length.tolist(), batch.targets.tolist()
    ([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]], [3, 1], [0, 1])
    """

    def __init__(
        self,
        inputs: Mapping[str, Sequence[Tensor]],
        targets: Targets,
        batch_size: int,
        seed: int | None = None,
        most_steps: int | None = None,
    ) -> None:
        _check(inputs, len(targets), batch_size)
        self.inputs, self.targets = inputs, targets
        self.batch_size, self.seed, self.most_steps = batch_size, seed, most_steps
        self._lengths = np.array([lengths_of(rows) for rows in inputs.values()]).max(0)
        self._second = self._lengths if isinstance(targets, Tensor) else np.array([len(row) for row in targets])
        self._number = 0
        self._order, self._borders = self._ordered()

    def epoch(self, number: int) -> Padded:
        """The batches of one epoch."""
        if self.seed is None or number == self._number:
            return self
        other = copy.copy(self)
        other._number = number
        other._order, other._borders = other._ordered()
        return other

    @property
    def steps(self) -> int:
        """The real steps of an epoch; of several inputs, those of the longest one of each example."""
        return int(self._lengths.sum())

    @property
    def padding(self) -> float:
        """How many steps are added for each real one.

        >>> Padded({"x": [torch.ones(3), torch.ones(1)]}, torch.zeros(2), batch_size=2).padding
        0.5
        """
        lengths = [self._lengths[self.rows(index)] for index in range(len(self))]
        return float(sum(len(rows) * rows.max() for rows in lengths) / self.steps - 1)

    def rows(self, index: int) -> NDArray[np.int64]:
        """Which examples batch ``index`` has, by their place in the data."""
        if not 0 <= index < len(self):
            raise IndexError(f"Batch {index} of {len(self)}.")
        return self._order[self._borders[index] : self._borders[index + 1]]

    def __len__(self) -> int:
        return len(self._borders) - 1

    def __iter__(self) -> Iterator[Batch]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Batch:
        rows = self.rows(index)
        targets = chosen(self.targets, rows.tolist())
        padded = {name: pad([examples[row] for row in rows]) for name, examples in self.inputs.items()}
        return Batch(
            {name: values for name, (values, _) in padded.items()},
            targets if isinstance(targets, Tensor) else pad(targets, IGNORED)[0],
            {name: lengths for name, (_, lengths) in padded.items()},
        )

    def _ordered(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All examples (N,), and where in this order the batches begin, and the last one ends."""
        count = len(self.targets)
        if self.seed is None:
            order = np.arange(count)
            return order, self._cut(order)
        order = drawn_order(count, self.seed, Purpose.EPOCH, self._number).astype(np.int64)
        pool = _POOL * self.batch_size
        for begin in range(0, count, pool):
            part = order[begin : begin + pool]
            order[begin : begin + pool] = part[np.lexsort((self._second[part], self._lengths[part]))]
        batches = np.split(order, self._cut(order)[1:-1])
        mixed = len(batches) - (len(batches[-1]) < self.batch_size)  # the last one stays the last where it is short
        batches[:mixed] = [batches[place] for place in drawn_order(mixed, self.seed, Purpose.BATCHES, self._number)]
        return np.concatenate(batches), np.cumsum([0, *map(len, batches)])

    def _cut(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where batches of so many examples, or of so many steps, begin and end."""
        borders = np.append(np.arange(0, len(order), self.batch_size), len(order))
        each = np.maximum(self._lengths, self._second)
        if self.most_steps is None or self.batch_size * each.max() <= self.most_steps:
            return borders
        found, longest = [0], 0
        for place, length in enumerate(each[order].tolist()):
            rows, longest = place - found[-1], max(longest, length)
            if rows and (rows == self.batch_size or (rows + 1) * longest > self.most_steps):
                found.append(place)
                longest = length
        return np.array([*found, len(order)])


def chosen(targets: Targets, rows: Sequence[int]) -> Targets:
    """The targets of some examples, in this order."""
    return targets[rows] if isinstance(targets, Tensor) else [targets[row] for row in rows]


def pad(rows: Sequence[Tensor], value: float = 0) -> tuple[Tensor, Tensor]:
    """Rows (T_b, …) side by side, (B, T, …) with a ``value`` after each, and their lengths (B,).

    >>> pad([torch.tensor([1, 2]), torch.tensor([3])])
    (tensor([[1, 2],
            [3, 0]]), tensor([2, 1]))
    """
    lengths = torch.tensor([len(row) for row in rows])
    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=value), lengths


def _check(inputs: Mapping[str, Sequence[Tensor]], count: int, batch_size: int) -> None:
    if batch_size < 1:
        raise UsageError(f"batch_size: expected at least 1, got {batch_size}.")
    for name, rows in inputs.items():
        if len(rows) != count:
            raise UsageError(f"{name}: expected {count:,} examples, one for each target, got {len(rows):,}.")
        for place, length in enumerate(lengths_of(rows)):
            if not length:
                raise UsageError(f"{name}: example {place} has no step.")
