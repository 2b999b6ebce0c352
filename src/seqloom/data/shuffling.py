"""Documents in another order: what is held out of a sorted list should look like the rest of it.

Each document is dealt to one of several parts, and the documents of each part are permuted: all orders are as likely,
and only one part at a time is read out of order. So a text of any size needs little memory and is read quickly.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.corpus import Corpus, Facts, mapped_corpus
from seqloom.data.spool import Spool

__all__ = ["drawn_order", "shuffled"]

_BLOCK = 1 << 20
_PART = 1 << 24
_MOST_PARTS = 64

Positions = NDArray[np.signedinteger[Any]]


def shuffled(corpus: Corpus, seed: int, folder: Path | None = None) -> Corpus:
    """The same documents in an order drawn by ``seed``, in a file without a name in ``folder``.

    >>> from seqloom.data import Characters
    >>> shuffled(Corpus.from_texts(["a", "b", "c"], Characters("abc")), seed=2).ids.tolist()
    [0, 4, 0, 2, 0, 3, 0]
    """
    with _sink(corpus.facts, corpus, folder) as sink:
        for number, part in enumerate(_dealt(corpus, seed, folder)):
            stops = part.ends(1, len(part)) + 1
            order = drawn_order(len(stops), seed, number)
            for places in _places(stops, order) if len(stops) else ():
                sink.write(part, places)
            part.release()
        return sink.corpus()


def drawn_order(count: int, *seed: int) -> NDArray[np.int32]:
    """A permutation of ``count`` things, a function of the seed alone.

    >>> drawn_order(4, 7, 0).tolist(), drawn_order(4, 7, 1).tolist()
    ([0, 2, 1, 3], [2, 0, 3, 1])
    """
    order = np.arange(count, dtype=np.int32)
    np.random.default_rng(seed).shuffle(order)
    return order


@final
class _Sink:
    """A corpus as it grows, its first ``<eos>`` written."""

    def __init__(self, facts: Facts, ids: Spool[Any], per_place: Spool[np.uint16]) -> None:
        self._facts, self._ids, self._per_place = facts, ids, per_place

    def write(self, corpus: Corpus, places: NDArray[np.int64]) -> None:
        """Append what a corpus has at some places (N,)."""
        self._ids.write(corpus.ids[places])
        if corpus.per_place is not None:
            self._per_place.write(corpus.per_place[places])

    def corpus(self) -> Corpus:
        return mapped_corpus(self._facts, self._ids, self._per_place)


@contextmanager
def _sink(facts: Facts, corpus: Corpus, folder: Path | None) -> Iterator[_Sink]:
    with Spool(corpus.ids.dtype, folder) as ids, Spool(np.dtype(np.uint16), folder) as per_place:
        sink = _Sink(facts, ids, per_place)
        sink.write(corpus, np.zeros(1, np.int64))
        yield sink


def _dealt(corpus: Corpus, seed: int, folder: Path | None) -> Iterator[Corpus]:
    """Parts of a corpus, each of documents drawn from all of it."""
    count = min(_MOST_PARTS, -(-len(corpus) // _PART))
    if count == 1:
        yield corpus
        return
    stops = corpus.ends(1, len(corpus)) + 1
    dealt = np.random.default_rng(seed).integers(count, size=len(stops), dtype=np.uint8)
    with ExitStack() as stack:
        sinks = [stack.enter_context(_sink(corpus.facts, corpus, folder)) for _ in range(count)]
        for first, counts, at in _runs(stops, 1, len(corpus)):
            parts = dealt[first : first + len(counts)]
            order = np.argsort(parts, kind="stable")
            starts = at + np.cumsum(counts) - counts
            places = _joined(starts[order], counts[order])
            borders = np.cumsum(np.bincount(parts, counts, count).astype(np.int64))
            for sink, piece in zip(sinks, np.split(places, borders[:-1]), strict=True):
                sink.write(corpus, piece)
            corpus.release()
        yield from (sink.corpus() for sink in sinks)


def _places(stops: Positions, order: NDArray[np.int32]) -> Iterator[NDArray[np.int64]]:
    """The old place of every new one, a block at a time, for documents in another order."""
    starts = np.concatenate((np.ones(1, stops.dtype), stops[:-1]))[order]
    done = np.cumsum(stops[order] - starts, dtype=stops.dtype)
    for first, counts, at in _runs(done, 0, int(done[-1])):
        shifted = starts[first : first + len(counts)].astype(np.int64)
        shifted[0] += at - (int(done[first - 1]) if first else 0)
        yield _joined(shifted, counts)


def _runs(stops: Positions, begin: int, end: int) -> Iterator[tuple[int, NDArray[np.int64], int]]:
    """Cut [begin, end) into blocks: the first document in each, how many ids of each document, where it begins."""
    for at in range(begin, end, _BLOCK):
        stop = min(at + _BLOCK, end)
        first, last = np.searchsorted(stops, [at, stop - 1], "right")
        yield int(first), np.diff(np.minimum(stops[first : last + 1], stop), prepend=at).astype(np.int64), at


def _joined(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places starts[k] … starts[k] + counts[k] - 1 of every k, one after the other."""
    ends = np.cumsum(counts)
    places: NDArray[np.int64] = np.arange(int(ends[-1])) + np.repeat(starts - (ends - counts), counts)
    return places
