"""Whether the first row of a table has the names of its columns, and what the columns are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from seqloom.data.tables.dates import orders
from seqloom.data.tables.names import known_name
from seqloom.data.tables.numerals import readings
from seqloom.errors import DataError

__all__ = ["checked_names", "is_header"]

_LONG: Final = 60


def is_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether ``first``, above ``rows``, has names: the columns' names, rather than one more row of what is below.

    A value that stands below in the same column again, or a long cell, decides against it; then a name that is known
    for it; then a number or a date against it.

    >>> is_header(["text", "y"], [["good", "1"]]), is_header(["good", "1"], [["bad", "0"]])
    (True, False)
    """
    cells = [cell.strip() for cell in first]
    below = [{row[place].strip() for row in rows if place < len(row)} for place in range(len(cells))]
    if any(cell and cell in values for cell, values in zip(cells, below, strict=True)):
        return False
    if any(len(cell) > _LONG for cell in cells):
        return False
    if any(known_name(cell) for cell in cells):
        return True
    return not any(readings(cell) or orders(cell) for cell in cells) and len({*cells}) == len(cells)


def checked_names(first: Sequence[str], name: str, line: int) -> list[str]:
    """The names in a first row, without white space around them; one that is empty becomes ``column 3``.

    Raises DataError for names that stand there twice.

    >>> checked_names(["", " text "], "t.csv", 1)
    ['column 1', 'text']
    """
    names = [cell.strip() or f"column {place}" for place, cell in enumerate(first, 1)]
    twice = [one for one, count in Counter(names).items() if count > 1]
    if twice:
        where = "; ".join(
            f"{one!r} is column {' and '.join(str(place) for place, other in enumerate(names, 1) if other == one)}"
            for one in twice
        )
        raise DataError(f"{name}, line {line}: two columns have one name: {where}. Rename one.")
    return names
