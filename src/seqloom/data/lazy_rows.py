"""Rows that are made when they are asked for, so that there may be more of them than memory holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar, final, overload

from seqloom.data.tables.cells import Strings

__all__ = ["LazyRows", "chosen_rows", "lengths_of"]

R = TypeVar("R")
S = TypeVar("S")


@final
class LazyRows(Sequence[R], Generic[R]):
    """``count`` rows, row i made by ``make(i)`` each time it is asked for; its length is ``lengths[i]``.

    ``keep`` says that they are kept once they are made.

    >>> rows = LazyRows(lambda place: [place] * 3, [3, 3, 3])
    >>> len(rows), rows[1], rows[-1], rows.rows([2]).map(sum)[0]
    (3, [1, 1, 1], [2, 2, 2], 6)
    """

    def __init__(self, make: Callable[[int], R], lengths: Iterable[int], keep: bool = False) -> None:
        self.lengths = tuple(lengths)
        self._make, self._kept = make, dict[int, R]() if keep else None

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, place: int) -> R: ...
    @overload
    def __getitem__(self, place: slice) -> LazyRows[R]: ...
    def __getitem__(self, place: int | slice) -> R | LazyRows[R]:
        if isinstance(place, slice):
            return self.rows(range(len(self))[place])
        at = range(len(self))[place]
        if self._kept is None:
            return self._make(at)
        if at not in self._kept:
            self._kept[at] = self._make(at)
        return self._kept[at]

    def rows(self, places: Sequence[int]) -> LazyRows[R]:
        """Some of the rows, in this order."""
        return LazyRows(lambda place: self[places[place]], (self.lengths[place] for place in places))

    def map(self, function: Callable[[R], S], length: Callable[[int], int] = lambda length: length) -> LazyRows[S]:
        """What a ``function`` makes of each row, and ``length`` of its length."""
        return LazyRows(lambda place: function(self[place]), map(length, self.lengths))


def chosen_rows(rows: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    """Some rows, in this order; of lazy ones none is made, nor is a text of a table read."""
    return rows.rows(places) if isinstance(rows, LazyRows | Strings) else [rows[place] for place in places]


def lengths_of(rows: Sequence[Any]) -> Sequence[int]:
    """The length of each row; of lazy ones none is made."""
    return rows.lengths if isinstance(rows, LazyRows) else [len(row) for row in rows]
