"""The cells of one column, kept in a file without a name: a sequence of strings of any size, in hardly any memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, final, overload

import numpy as np
from numpy.typing import NDArray

from seqloom.data.unnamed import Unnamed

__all__ = ["BLOCK", "Cells", "Chosen", "Joined", "Strings"]

BLOCK: Final = 256
"""Cells that are written together; where they lie is one number in memory for all of them."""


class Strings(Sequence[str]):
    """What sequences of strings share that read each of them when it is asked for."""

    def _at(self, index: int) -> str:
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self._at(place) for place in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"Row {index} of {len(self):,}.")
        return self._at(int(place))

    def rows(self, places: Sequence[int]) -> Chosen:
        """Some of the strings, in this order, each still read when it is asked for."""
        return Chosen(self, np.asarray(places, np.int64))

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process gets a list."""
        return list, (list(self),)


@final
class Cells(Strings):
    """Strings in ``file``, written in blocks of ``BLOCK`` and read in any order; several columns share a file.

    >>> with Unnamed("cells", None) as file:
    ...     cells = Cells(file)
    ...     cells.write(["one", "", "drei"])
    ...     len(cells), cells[2], cells[-3:], list(cells)
    (3, 'drei', ['one', '', 'drei'], ['one', '', 'drei'])
    """

    def __init__(self, file: Unnamed) -> None:
        self._file, self._places, self._count = file, array("Q"), 0

    def write(self, block: Sequence[str]) -> None:
        """Append ``BLOCK`` cells, or fewer at the end."""
        assert self._count % BLOCK == 0
        encoded = [cell.encode("utf-8", "surrogatepass") for cell in block]
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.uint64)
        self._places.append(self._file.size)
        self._file.write(ends.tobytes())
        self._file.write(b"".join(encoded))
        self._count += len(block)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        for number in range(len(self._places)):
            ends, begin = self._ends(number)
            data = self._file.at(begin, ends[-1])
            yield from (data[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(ends))

    def _at(self, index: int) -> str:
        number, place = divmod(index, BLOCK)
        ends, begin = self._ends(number)
        cell = self._file.at(begin + ends[place], ends[place + 1] - ends[place])
        return cell.decode("utf-8", "surrogatepass")

    def _ends(self, number: int) -> tuple[list[int], int]:
        """Where the cells of a block begin and end, from where on."""
        size = 8 * (min(BLOCK, self._count - number * BLOCK) + 1)
        place = self._places[number]
        return np.frombuffer(self._file.at(place, size), np.uint64).tolist(), place + size


@final
class Chosen(Strings):
    """Some rows of a column, in the order of ``rows``.

    >>> list(Chosen(["a", "b", "c"], [2, 0]))
    ['c', 'a']
    """

    def __init__(self, cells: Sequence[str], rows: Sequence[int] | NDArray[np.int64]) -> None:
        self._cells, self._rows = cells, rows

    def __len__(self) -> int:
        return len(self._rows)

    def _at(self, index: int) -> str:
        return self._cells[int(self._rows[index])]


@final
class Joined(Strings):
    """Several columns as one text a row, each on a line of its own.

    >>> list(Joined([["a", "b"], ["c", ""]]))
    ['a\\nc', 'b']
    """

    def __init__(self, columns: Sequence[Sequence[str]]) -> None:
        self._columns = columns

    def __len__(self) -> int:
        return len(self._columns[0])

    def __iter__(self) -> Iterator[str]:
        return map(_lines, zip(*self._columns, strict=True))

    def _at(self, index: int) -> str:
        return _lines([column[index] for column in self._columns])


def _lines(cells: Iterable[str]) -> str:
    return "\n".join(cell for cell in cells if cell)
