"""The line of each row, kept as the rows before which lines were passed over: hardly anything for most files."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from typing import final

__all__ = ["Places"]


@final
class Places:
    """Growing line numbers, by row.

    >>> places = Places()
    >>> places.extend([2, 3, 7, 8])
    >>> len(places), places[1], places[2], places[3]
    (4, 3, 7, 8)
    """

    def __init__(self) -> None:
        self._rows, self._passed = array("q"), array("q")
        self._count = 0

    def extend(self, lines: Iterable[int]) -> None:
        """Append the lines of the next rows."""
        for line in lines:
            if not self._passed or line - self._count != self._passed[-1]:
                self._rows.append(self._count)
                self._passed.append(line - self._count)
            self._count += 1

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> int:
        if not 0 <= row < self._count:
            raise IndexError(f"Row {row} of {self._count:,}.")
        return row + self._passed[bisect_right(self._rows, row) - 1]
