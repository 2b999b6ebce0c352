"""Lanes for truncated back-propagation through time: each window goes on where the last one ended."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.corpus import Stream

__all__ = ["PADDING", "ZERO", "Batch", "Lanes", "Start"]

PADDING: Final = -100
ZERO: Final = -1
_RELEASED: Final = 512


class Start(StrEnum):
    """The input from which the first token of a document is predicted."""

    EOS = "eos"
    ZERO = "zero"


class Batch(NamedTuple):
    """One window of every lane.

    ``inputs`` (B, T) ids, -1 for the zero vector; ``targets`` (B, T) ids, -100 in padding; ``lengths`` (B,), or
    None where every row is full; ``fresh`` (B,) is True in rows that start from the initial state.
    """

    inputs: Tensor
    targets: Tensor
    lengths: Tensor | None
    fresh: Tensor


@final
class Lanes:
    """The windows of an epoch, as a sequence: window i depends on i alone.

    Without ``reset`` the stream is cut into B lanes of equal length (to within one token) and a state may be
    carried from window to window. With ``reset`` a lane is a run of whole documents, and no window crosses the end
    of one; a document of more than ``longest`` tokens falls into parts, which are treated as documents. With a
    ``seed`` they come in an order drawn by (seed, epoch), else in that of the text. ``fresh`` marks every row of
    window 0 and the rows where a document begins. Every target stands in exactly one place. A window is as wide as
    its longest row, at most ``time``. A lane that is done early has rows of length 0. Without ``ends`` no ``<eos>``
    is a target: a text that has no end does not teach one.

    >>> from seqloom.data import Characters, Corpus
    >>> lanes = Lanes(Corpus.from_texts(["abcdefg"], Characters("abcdefg")).stream(), batch_size=2, time=3)
    >>> [batch.targets.tolist() for batch in lanes]
    [[[2, 3, 4], [6, 7, 8]], [[5], [0]]]
    """

    def __init__(
        self,
        stream: Stream,
        batch_size: int,
        time: int,
        reset: bool = False,
        start: Start = Start.EOS,
        ends: bool = True,
        seed: int | None = None,
        longest: int | None = None,
    ) -> None:
        if batch_size < 1 or time < 1:
            raise ValueError(f"Expected batch_size and time of at least 1, got {batch_size} and {time}.")
        self.batch_size = batch_size
        self.time = time
        self.reset = reset
        self.start = start
        self.stream = stream
        self.ends = ends
        self.seed = seed
        self._ids = stream.corpus.ids
        self._borders = _borders(stream, longest or len(stream)) if reset else None
        self._plan = self._planned(0)

    def epoch(self, number: int) -> Lanes:
        """The windows of one epoch: the same ones, or where there is a seed those of the documents in another order."""
        if self._borders is None or self.seed is None:
            return self
        lanes = copy.copy(self)
        lanes._plan = self._planned(number)
        return lanes

    def _planned(self, epoch: int) -> _Documents | _Contiguous:
        if self._borders is None:
            return _Contiguous(self.stream, self.batch_size, self.time)
        starts, stops = self._borders
        if self.seed is not None:
            order = np.random.default_rng((self.seed, epoch)).permutation(len(starts))
            starts, stops = starts[order], stops[order]
        return _Documents(starts, stops, self.batch_size, self.time)

    def __len__(self) -> int:
        return self._plan.windows

    def __iter__(self) -> Iterator[Batch]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> Batch:
        if not 0 <= i < len(self):
            raise IndexError(f"Window {i} of {len(self)}.")
        starts, lengths, fresh = self._plan.rows(i)
        width = int(lengths.max())
        steps = np.arange(-1, width)
        places = starts[:, None] + steps
        full = bool((lengths == width).all())
        if not full:
            np.minimum(places, len(self._ids) - 1, out=places)
        block = self._ids[places].astype(np.int64)
        inputs, targets = block[:, :-1].copy(), block[:, 1:].copy()
        if not full:
            padding = steps[1:] >= lengths[:, None]
            targets[padding] = PADDING
            inputs[padding] = self.stream.eos
        if not self.ends:
            targets[targets == self.stream.eos] = PADDING
        if i % _RELEASED == 0:
            self.stream.corpus.release()
        if self.start is Start.ZERO:
            begins = inputs == self.stream.eos
            inputs[begins if full else begins & ~padding] = ZERO
        return Batch(
            torch.from_numpy(inputs),
            torch.from_numpy(targets),
            None if full else torch.from_numpy(lengths),
            torch.from_numpy(fresh),
        )


Rows = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]


class _Contiguous:
    """Lane b holds N // B targets, the first N % B lanes one more."""

    def __init__(self, stream: Stream, batch_size: int, time: int) -> None:
        share, extra = divmod(len(stream), batch_size)
        self._sizes = share + (np.arange(batch_size) < extra).astype(np.int64)
        self._starts = stream.start + np.cumsum(self._sizes) - self._sizes
        self._time = time
        self.windows = -(-int(self._sizes[0]) // time)

    def rows(self, i: int) -> Rows:
        done = i * self._time
        lengths = np.clip(self._sizes - done, 0, self._time)
        return self._starts + np.minimum(done, self._sizes), lengths, np.full(len(lengths), i == 0)


def _borders(stream: Stream, longest: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each document of a part, or part of a longer one, begins and stops; the first and last may be cut off."""
    stops = stream.corpus.ends(stream.start, stream.stop) + 1
    if len(stream) and (not len(stops) or stops[-1] != stream.stop):
        stops = np.append(stops, stream.stop)
    starts = np.concatenate(([stream.start], stops[:-1]))[: len(stops)]
    parts = -(-(stops - starts) // longest)
    if (parts == 1).all():
        return starts, stops
    number = np.arange(int(parts.sum())) - np.repeat(np.cumsum(parts) - parts, parts)
    starts, stops = np.repeat(starts, parts) + number * longest, np.repeat(stops, parts)
    return starts, np.minimum(starts + longest, stops)


class _Documents:
    """Lane b holds the documents whose windows begin in its share of all windows, in order."""

    def __init__(self, starts: NDArray[np.int64], stops: NDArray[np.int64], batch_size: int, time: int) -> None:
        self._starts, self._stops = starts, stops
        self._first = np.concatenate(([0], np.cumsum(-(-(stops - starts) // time))))
        shares = np.arange(batch_size + 1) * int(self._first[-1]) // batch_size
        self._lanes = self._first[np.searchsorted(self._first, shares)]
        self._time = time
        self.windows = int(np.diff(self._lanes).max())

    def rows(self, i: int) -> Rows:
        window = self._lanes[:-1] + i
        document = np.searchsorted(self._first, window, "right") - 1
        document = np.minimum(document, len(self._starts) - 1)
        offset = (window - self._first[document]) * self._time
        starts = self._starts[document] + offset
        lengths = np.clip(self._stops[document] - starts, 0, self._time)
        idle = window >= self._lanes[1:]
        lengths[idle] = 0
        return np.where(idle, 1, starts), lengths, ((offset == 0) & ~idle) | (i == 0)
