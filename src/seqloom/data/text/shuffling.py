"""Documents in another order: what is held out of a sorted list should look like the rest of it.

Each document is dealt to one of several parts, and the documents of each part are permuted: all orders are as likely,
and only one part at a time is read out of order (Sandelius, "A simple randomization procedure", 1962). So a text of any
size needs little memory and is read quickly. On disk it lies up to three times: as it was, dealt, and permuted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.draws import Purpose, drawn_order, generator
from seqloom.data.spool import Spool
from seqloom.data.text.corpus import Corpus, Facts, TokenStream, mapped_corpus

__all__ = ["shuffled"]

_BLOCK = 1 << 20
_PART = 1 << 24
_MOST_PARTS = 64

Positions = NDArray[np.signedinteger[Any]]


def shuffled(stream: TokenStream, seed: int, folder: Path | None = None) -> Corpus:
    """The same documents in an order drawn by ``seed``, in a file without a name in ``folder``.

    A document that the end of ``stream`` cuts off stays last.

    >>> from seqloom.data import Characters
    >>> sorted(shuffled(Corpus.from_texts(["a", "b", "c"], Characters("abc")).stream(), seed=2).ids.tolist())
    [0, 0, 0, 0, 2, 3, 4]
    """
    corpus, border = stream.corpus, _last_border(stream)
    facts = dataclasses.replace(corpus.facts, documents=stream.documents, characters=stream.characters)
    with _sink(facts, corpus, folder) as sink:
        for number, part in enumerate(_dealt(TokenStream(corpus, stream.start, border), seed, folder)):
            stops = part.corpus.ends(part.start, part.stop) + 1
            order = drawn_order(len(stops), seed, Purpose.PART, number)
            for places in _places(part.start, stops, order) if len(stops) else ():
                sink.write(part.corpus, places)
            part.corpus.release()
        for at in range(border, stream.stop, _BLOCK):
            sink.write(corpus, np.arange(at, min(at + _BLOCK, stream.stop)))
        return sink.corpus()


def _last_border(stream: TokenStream) -> int:
    """Where the last document ends that is whole."""
    if stream.corpus.ids[stream.stop - 1] == stream.eos:
        return stream.stop
    ends = stream.corpus.ends(stream.start, stream.stop)
    return int(ends[-1]) + 1 if len(ends) else stream.start


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


def _dealt(whole: TokenStream, seed: int, folder: Path | None) -> Iterator[TokenStream]:
    """Parts of whole documents, each of documents drawn from all of them."""
    corpus, count = whole.corpus, min(_MOST_PARTS, -(-len(whole) // _PART))
    if count <= 1:
        yield whole
        return
    stops = corpus.ends(whole.start, whole.stop) + 1
    dealt = generator(seed, Purpose.DEALING).integers(count, size=len(stops), dtype=np.uint8)
    with ExitStack() as stack:
        sinks = [stack.enter_context(_sink(corpus.facts, corpus, folder)) for _ in range(count)]
        for first, counts, at in _runs(stops, whole.start, whole.stop):
            parts = dealt[first : first + len(counts)]
            order = np.argsort(parts, kind="stable")
            starts = at + np.cumsum(counts) - counts
            places = _joined(starts[order], counts[order])
            borders = np.cumsum(np.bincount(parts, counts, count).astype(np.int64))
            for sink, piece in zip(sinks, np.split(places, borders[:-1]), strict=True):
                sink.write(corpus, piece)
            corpus.release()
        yield from (sink.corpus().stream() for sink in sinks)


def _places(begin: int, stops: Positions, order: NDArray[np.int32]) -> Iterator[NDArray[np.int64]]:
    """The old place of every new one, a block at a time, for documents in another order; the first is at ``begin``."""
    starts = np.concatenate((np.array([begin], stops.dtype), stops[:-1]))[order]
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
