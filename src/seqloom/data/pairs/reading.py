"""A file of pairs: which of its columns are the two sides, and what is wrong with single lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

from seqloom.data.pairs.rows import Row, Spelling, read_rows
from seqloom.errors import DataError, UsageError, did_you_mean, listed

__all__ = ["Pairs", "pair_columns", "read_pairs"]

_SOURCES: Final = ("source", "src", "input", "from", "question", "original", "in", "x")
_TARGETS: Final = ("target", "tgt", "output", "to", "answer", "translation", "out", "y")
_SHOWN: Final = 5


class Pairs(NamedTuple):
    """Both sides of each row; ``targets`` is None where the file has the first alone.

    ``columns`` are their names, or numbers from 1; ``rows`` are as the file has them, and ``head`` its names, if any.
    """

    name: str
    columns: tuple[str, str]
    sources: list[str]
    targets: list[str] | None
    rows: list[Row]
    head: list[str] | None
    spelling: Spelling
    remarks: tuple[str, ...] = ()

    def written(self, added: Mapping[str, Sequence[Any]]) -> Iterator[str]:
        """The lines of the file with more columns."""
        if self.head is not None:
            yield self.spelling.written([*self.head, *added])
        for row, values in zip(self.rows, zip(*added.values(), strict=True), strict=True):
            if isinstance(row.cells, dict):
                yield self.spelling.written(row.cells | dict(zip(added, values, strict=True)))
            else:
                yield self.spelling.written([*row.cells, *values])


def pair_columns(names: Sequence[str]) -> tuple[str, str] | None:
    """The names that say what is a source and what its target, where there are such.

    >>> pair_columns(["id", "Source", "Target"]), pair_columns(["text", "label"])
    (('Source', 'Target'), None)
    """
    plain = {name.strip().casefold(): name for name in names}
    for source, target in zip(_SOURCES, _TARGETS, strict=True):
        if source in plain and target in plain:
            return plain[source], plain[target]
    return None


def read_pairs(
    path: str | Path,
    source: str | None = None,
    target: str | None = None,
    encoding: str | None = None,
    *,
    wanted: bool = True,
    learned: Sequence[str] = (),
) -> Pairs:
    """The pairs of a file: tsv without quotes, csv, or an object of JSON a line, packed by gzip or not.

    ``source`` and ``target`` name its columns, or give their numbers, from 1; else those that were ``learned`` from, or
    names such as source and target say them, or they are the first two. A csv has names in its first line; a tsv only
    where they are such names. With ``wanted`` both sides must be there. Raises DataError, which counts and names the
    lines that are no pairs, and UsageError for a column that is not there.
    """
    spelling, rows = read_rows(path, encoding)
    first = next(rows)
    head = _head(spelling, first, (source, target, *learned))
    rows = rows if head is not None else chain([first], rows)
    found = list(rows)
    if not found:
        raise DataError(f"{path} has no row under its names {listed(head or [])}.")
    names = (
        list(first.cells) if isinstance(first.cells, dict) else head or [str(k + 1) for k in range(len(first.cells))]
    )
    columns = _chosen(str(path), names, (source, target), wanted, learned)
    places: list[Any] = [name if spelling.separator == "" else names.index(name) for name in columns if name in names]
    count = len(names) if spelling.separator else None
    faults = [(row.line, fault) for row in found if (fault := _fault(row, places, columns, count))]
    if faults:
        shown = "; ".join(f"line {line} {fault}" for line, fault in faults[:_SHOWN])
        more = f"; and {len(faults) - _SHOWN:,} more" if len(faults) > _SHOWN else ""
        wrong = "line is no pair" if len(found) == 1 else "lines are no pairs"
        raise DataError(
            f"{path}: {len(faults):,} of {len(found):,} {wrong}: {shown}{more}. Mend these lines or take them out."
        )
    sides = [[str(row.cells[place]).strip() for row in found] for place in places]
    others = [name for name in names if name not in columns]
    remarks = (f"Read: {' → '.join(columns)}; left out: {listed(others)}.",) if others and count else ()
    targets = sides[1] if len(sides) > 1 else None
    return Pairs(str(path), columns, sides[0], targets, found, head, spelling, remarks)


def _head(spelling: Spelling, first: Row, asked: Sequence[str | None]) -> list[str] | None:
    """The names in the first line, if it has some."""
    if isinstance(first.cells, dict):
        return None
    named = any(one in first.cells for one in asked if one is not None and not one.isdecimal())
    is_head = named or pair_columns(first.cells) is not None or spelling.separator != "\t"
    return first.cells if is_head else None


def _chosen(
    path: str, names: list[str], asked: tuple[str | None, str | None], wanted: bool, learned: Sequence[str]
) -> tuple[str, str]:
    source, target = asked
    said = [one if one is None or one in names else _numbered(one, names) for one in (source, target)]
    for one, found in zip((source, target), said, strict=True):
        if one is not None and found is None and (wanted or one == source):
            raise UsageError(f"{path} has no column {one!r}; it has {listed(names)}.{did_you_mean(one, names)}")
    known = pair_columns(names)
    left = [name for name in names if name not in said]
    if said == [None, None]:
        before = [name for name in learned if name in names]
        if known is not None and not before:
            return known
        if before and before[0] == learned[0]:
            said = [before[0], before[1] if len(before) > 1 else None]
            left = [name for name in names if name not in said]
    first = said[0] or (left.pop(0) if left else "1")
    second = said[1] or (left.pop(0) if left else target or "2")
    if wanted and second not in names:
        raise DataError(
            f"{path}: expected two sides in each line, the second after a tab, in a column of a csv, or under a name "
            f"of a JSON object; found {listed(names)} alone."
        )
    return first, second


def _numbered(one: str, names: list[str]) -> str | None:
    place = int(one) - 1 if one.isdecimal() else -1
    return names[place] if 0 <= place < len(names) else None


def _fault(row: Row, places: Sequence[Any], columns: tuple[str, str], count: int | None) -> str | None:
    """What is wrong with a row, in words."""
    if isinstance(row.cells, dict):
        lacks = [name for name in places if name not in row.cells]
        if lacks:
            return f"has no {lacks[0]!r}"
    elif len(row.cells) != count:
        return f"has {'one side' if len(row.cells) == 1 else f'{len(row.cells)} columns'} where others have {count}"
    for place, name in zip(places, columns, strict=False):
        value = row.cells[place]
        if not isinstance(value, str | int | float) or not str(value).strip():
            return f"has nothing in column {name}"
    return None
