"""Parts of rows that do not leak: by class, with like texts, groups or times on one side; functions of the seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.data.draws import Purpose, generator
from seqloom.errors import DataError, UsageError

__all__ = ["Parts", "split_by_time", "split_rows", "text_groups"]

Rows = NDArray[np.int64]


class Parts(NamedTuple):
    """The rows to learn from and those held out, both in the order of the data."""

    train: Rows
    held_out: Rows


def text_groups(texts: Sequence[str]) -> Rows:
    """A number (N,) for each text, equal for texts that differ in case and white space alone.

    >>> groups = text_groups(["So so", "fine", "so  so "])
    >>> (groups[0] == groups[2], groups[0] == groups[1])
    (np.True_, np.False_)
    """
    plain = (" ".join(text.casefold().split()).encode("utf-8", "surrogatepass") for text in texts)
    digests = (hashlib.blake2b(text, digest_size=8) for text in plain)
    return np.fromiter((int.from_bytes(one.digest(), "little", signed=True) for one in digests), np.int64, len(texts))


def split_rows(
    count: int, share: float, seed: int, *, labels: ArrayLike | None = None, groups: ArrayLike | None = None
) -> Parts:
    """Hold out a share of ``count`` rows, drawn by the seed.

    With ``labels`` (N,) each class has its share of rows on both sides, as near as whole rows allow; with ``groups``
    (N,) the rows of a group stay together (:func:`text_groups` makes groups of texts that are the same). Raises
    UsageError for a share that is not between 0 and 1, DataError where one side would be empty.

    >>> parts = split_rows(8, 0.25, seed=1, labels=list("aaaabbbb"), groups=[0, 0, 1, 1, 2, 3, 4, 5])
    >>> [len(part) for part in parts], len(set("aaaabbbb"[row] for row in parts.train))
    ([5, 3], 2)
    """
    _check_share(share)
    group = np.arange(count, dtype=np.int32) if groups is None else _codes(groups, count, "groups")
    label = np.zeros(count, np.int32) if labels is None else _codes(labels, count, "labels")
    sizes = np.bincount(group).astype(np.int32)
    stratum = np.zeros(len(sizes), np.int32)
    stratum[group[::-1]] = label[::-1]  # a group counts for the class of its first row, which is written last
    random = generator(seed, Purpose.HELD_OUT)
    drawn = random.permutation(np.arange(len(sizes), dtype=np.int32))
    wanted = _wanted(np.bincount(stratum, sizes), share, random)
    held = np.zeros(len(sizes), bool)
    for place, rows in enumerate(wanted):
        ours = drawn[stratum[drawn] == place]
        large = sizes[ours] > max(rows, 1)
        ours = np.concatenate((ours[~large], ours[large]))
        middle = 2 * np.cumsum(sizes[ours]) - sizes[ours]  # twice that of each, once they stand side by side
        held[ours[np.logical_and.accumulate(middle <= 2 * rows)]] = True
    return _parts(held[group], "rows" if groups is None else "groups")


def split_by_time(times: ArrayLike, share: float) -> Parts:
    """Hold out the latest share of rows, by ``times`` (N,); equal times stay together, rows without one are kept.

    >>> split_by_time([2020, 2023, 2021, 2023], 0.25)
    Parts(train=array([0, 2]), held_out=array([1, 3]))
    """
    _check_share(share)
    values = np.asarray(times)
    known = values == values  # neither NaN nor NaT
    if not known.any():
        raise DataError("No row has a time to divide by.")
    ordered = np.sort(values[known])
    border = ordered[min(len(ordered) - 1, round((1 - share) * len(ordered)))]
    return _parts(known & (values >= border), "times")


def _wanted(sizes: NDArray[Any], share: float, random: np.random.Generator) -> NDArray[Any]:
    """Whole rows of each class to hold out: rounded so that their sum is right, the last ones by lot."""
    exact = share * sizes
    rows = np.floor(exact)
    missing = round(share * sizes.sum()) - int(rows.sum())
    order = np.lexsort((random.permutation(len(sizes)), -(exact - rows)))
    rows[order[:missing]] += 1
    return rows


def _codes(values: Any, count: int, what: str) -> NDArray[np.int32]:
    """A number from 0 for each different value, in less memory than ``np.unique`` takes."""
    array = np.asarray(values)
    if array.shape != (count,):
        raise UsageError(f"{what}: expected one for each of {count:,} rows, got the shape {array.shape}.")
    order = np.argsort(array, kind="stable")
    ordered = array[order]
    codes = np.zeros(count, np.int32)
    codes[order[1:]] = np.cumsum(ordered[1:] != ordered[:-1], dtype=np.int32)
    return codes


def _parts(held: NDArray[np.bool_], what: str) -> Parts:
    train, held_out = np.flatnonzero(~held), np.flatnonzero(held)
    if not len(train) or not len(held_out):
        raise DataError(
            f"Too few {what} to divide: {len(held):,} rows give {len(train):,} to learn from and {len(held_out):,} to "
            "judge by."
        )
    return Parts(train, held_out)


def _check_share(share: float) -> None:
    if not 0 < share < 1:
        raise UsageError(f"Expected a share between 0 and 1 to hold out, got {share}.")
