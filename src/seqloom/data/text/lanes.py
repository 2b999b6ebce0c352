"""Lanes for truncated back-propagation through time: each window goes on where the last one ended."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Final, final

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.data.batch import IGNORED, Batch
from seqloom.data.draws import Purpose, drawn_order
from seqloom.data.text.boundaries import Boundaries, Start
from seqloom.data.text.corpus import TokenStream

__all__ = ["ZERO", "Lanes"]

ZERO: Final = -1
"""The input whose vector is zero."""
_RELEASED: Final = 8
_CARRIED: Final = Boundaries()


@final
class Lanes:
    """The windows of an epoch, as a sequence: window i depends on i alone.

    Without ``boundaries.reset`` the stream is cut into B lanes of equal length (to within one token) and a state may be
    carried from window to window. With it a lane is a run of whole documents, and no window crosses the end
    of one; a document of more than ``longest`` tokens falls into parts, which are treated as documents. With a
    ``seed`` they come in an order drawn by (seed, epoch), else in that of the text.

    A window's ``x`` (B, T) are ids, -1 for the zero vector, its ``targets`` (B, T) ids, -100 in padding; ``fresh``
    marks every row of window 0 and the rows where a document begins. Every target stands in exactly one place. A
    window is as wide as its longest row, at most ``time``. A lane that is done early has rows of length 0.

    >>> from seqloom.data import Characters, Corpus
    >>> lanes = Lanes(Corpus.from_texts(["abcdefg"], Characters("abcdefg")).stream(), batch_size=2, time=3)
    >>> [batch.targets.tolist() for batch in lanes]
    [[[2, 3, 4], [6, 7, 8]], [[5], [0]]]
    """

    def __init__(
        self,
        stream: TokenStream,
        batch_size: int,
        time: int,
        boundaries: Boundaries = _CARRIED,
        *,
        seed: int | None = None,
        longest: int | None = None,
    ) -> None:
        if batch_size < 1 or time < 1:
            raise ValueError(f"Expected batch_size and time of at least 1, got {batch_size} and {time}.")
        self.batch_size = batch_size
        self.time = time
        self.boundaries = boundaries
        self.stream = stream
        self.seed = seed
        self._ids = stream.corpus.ids
        self._borders = _borders(stream, longest or len(stream)) if boundaries.reset else None
        self._number = 0
        self._plan = self._planned()

    def epoch(self, number: int) -> Lanes:
        """The windows of one epoch: the same ones, or where there is a seed those of the documents in another order."""
        if self._borders is None or self.seed is None or number == self._number:
            return self
        lanes = copy.copy(self)
        lanes._number = number
        lanes._plan = lanes._planned()
        return lanes

    def _planned(self) -> _Documents | _Contiguous:
        if self._borders is None:
            return _Contiguous(self.stream, self.batch_size, self.time)
        count = len(self._borders) - 1
        order = None if self.seed is None else drawn_order(count, self.seed, Purpose.EPOCH, self._number)
        return _Documents(self._borders, order, self.batch_size, self.time)

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
            targets[padding] = IGNORED
            inputs[padding] = self.stream.eos
        if not self.boundaries.ends:
            targets[targets == self.stream.eos] = IGNORED
        if i % _RELEASED == 0:
            self.stream.corpus.release()
        if self.boundaries.start is Start.ZERO:
            begins = inputs == self.stream.eos
            inputs[begins if full else begins & ~padding] = ZERO
        return Batch(
            {"x": torch.from_numpy(inputs)},
            torch.from_numpy(targets),
            {} if full else {"x": torch.from_numpy(lengths)},
            torch.from_numpy(fresh),
        )


Positions = NDArray[np.signedinteger[Any]]
Rows = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]


class _Contiguous:
    """Lane b holds N // B targets, the first N % B lanes one more."""

    def __init__(self, stream: TokenStream, batch_size: int, time: int) -> None:
        share, extra = divmod(len(stream), batch_size)
        self._sizes = share + (np.arange(batch_size) < extra).astype(np.int64)
        self._starts = stream.start + np.cumsum(self._sizes) - self._sizes
        self._time = time
        self.windows = -(-int(self._sizes[0]) // time)

    def rows(self, i: int) -> Rows:
        done = i * self._time
        lengths = np.clip(self._sizes - done, 0, self._time)
        return self._starts + np.minimum(done, self._sizes), lengths, np.full(len(lengths), i == 0)


def _borders(stream: TokenStream, longest: int) -> Positions:
    """(D + 1,) where each document of a part, or part of a longer one, begins, and where the last one stops."""
    stops = stream.corpus.ends(stream.start, stream.stop) + 1
    if not len(stops) or stops[-1] != stream.stop:
        stops = np.append(stops, stops.dtype.type(stream.stop))
    borders = np.concatenate((np.array([stream.start], stops.dtype), stops)) if len(stream) else stops
    parts = -(-np.diff(borders) // longest)
    if (parts == 1).all():
        return borders
    number = np.arange(int(parts.sum()), dtype=borders.dtype) - np.repeat(np.cumsum(parts) - parts, parts)
    return np.append(np.repeat(borders[:-1], parts) + (number * longest).astype(borders.dtype), borders[-1:])


class _Documents:
    """Lane b holds the documents whose windows begin in its share of all windows, in ``order`` (None: of the text)."""

    def __init__(self, borders: Positions, order: NDArray[np.int32] | None, batch_size: int, time: int) -> None:
        self._borders, self._order = borders, order
        windows = -(-np.diff(borders) // time)
        self._first = np.zeros(len(borders), borders.dtype)
        np.cumsum(windows if order is None else windows[order], out=self._first[1:])
        shares = np.arange(batch_size + 1) * int(self._first[-1]) // batch_size
        self._lanes = self._first[np.searchsorted(self._first, shares)].astype(np.int64)
        self._time = time
        self.windows = int(np.diff(self._lanes).max())

    def rows(self, i: int) -> Rows:
        window = self._lanes[:-1] + i
        place = np.searchsorted(self._first, window, "right") - 1
        place = np.minimum(place, len(self._borders) - 2)
        offset = (window - self._first[place]) * self._time
        document = place if self._order is None else self._order[place]
        starts = self._borders[document] + offset
        lengths = np.clip(self._borders[document + 1] - starts, 0, self._time)
        idle = window >= self._lanes[1:]
        lengths[idle] = 0
        return np.where(idle, 1, starts), lengths, ((offset == 0) & ~idle) | (i == 0)
