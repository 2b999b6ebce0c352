"""Documents in another order: what is held out of a sorted list should look like the rest of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.data.corpus import Corpus, mapped_corpus
from seqloom.data.spool import Spool

__all__ = ["shuffled"]

_BLOCK = 1 << 20


def shuffled(corpus: Corpus, seed: int, folder: Path | None = None) -> Corpus:
    """The same documents in an order drawn by ``seed``, in a file without a name in ``folder``.

    >>> from seqloom.data import Characters
    >>> shuffled(Corpus.from_texts(["a", "b", "c"], Characters("abc")), seed=2).ids.tolist()
    [0, 4, 0, 2, 0, 3, 0]
    """
    stops = corpus.ends(1, len(corpus)) + 1
    starts = np.concatenate(([1], stops[:-1]))
    order = np.random.default_rng(seed).permutation(len(stops))
    starts, lengths = starts[order], (stops - starts)[order]
    done = np.cumsum(lengths)
    with ExitStack() as stack:
        ids = stack.enter_context(Spool(corpus.ids.dtype, folder))
        per_place = stack.enter_context(Spool(np.dtype(np.uint16), folder))
        for places in (np.zeros(1, np.int64), *_blocks(starts, lengths, done)):
            ids.write(corpus.ids[places])
            if corpus.per_place is not None:
                per_place.write(corpus.per_place[places])
            corpus.release()
        return mapped_corpus(corpus.facts, ids, per_place)


def _blocks(
    starts: NDArray[np.int64], lengths: NDArray[np.int64], done: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """The old place of every new one, a block at a time; ``done`` counts the ids up to the end of each document."""
    shifts = starts - (done - lengths)
    for at in range(0, int(done[-1]), _BLOCK):
        stop = min(at + _BLOCK, int(done[-1]))
        first, last = np.searchsorted(done, [at, stop - 1], "right")
        counts = np.diff(np.minimum(done[first : last + 1], stop), prepend=at)
        yield np.arange(at, stop) + np.repeat(shifts[first : last + 1], counts)
