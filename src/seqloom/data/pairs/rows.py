"""The rows of a file of pairs, whatever it is spelt as: parted by tabs, csv, or an object of JSON a line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from seqloom.data.lines import Lines
from seqloom.errors import DataError

__all__ = ["Row", "Spelling", "read_rows", "spelling_of"]

_JSON: Final = (".jsonl", ".ndjson", ".json")
_LONGEST: Final = 1 << 24


class Spelling(NamedTuple):
    """How a file is spelt: ``separator`` "\\t" without quotes, another one with them, "" for objects of JSON."""

    separator: str

    def written(self, cells: Sequence[Any] | Mapping[str, Any]) -> str:
        """A row as a line.

        >>> Spelling(",").written(["a,b", "c"]), Spelling("").written({"a": "é"})
        ('"a,b",c\\n', '{"a": "é"}\\n')
        """
        if isinstance(cells, Mapping):
            return json.dumps(cells, ensure_ascii=False) + "\n"
        if self.separator == "\t":
            return "\t".join(str(cell).replace("\t", " ").replace("\n", " ") for cell in cells) + "\n"
        page = io.StringIO()
        csv.writer(page, delimiter=self.separator, lineterminator="\n").writerow(cells)
        return page.getvalue()


class Row(NamedTuple):
    """A line, from 1, and its cells; those of an object of JSON by name."""

    line: int
    cells: list[str] | dict[str, Any]


def spelling_of(path: Path, first: str) -> Spelling:
    """By the name of a file, and its first line."""
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix in _JSON:
        return Spelling("")
    if suffix == ".csv":
        return Spelling(max(",;\t|", key=first.count))
    return Spelling("\t")


def read_rows(path: str | Path, encoding: str | None = None) -> tuple[Spelling, Iterator[Row]]:
    """How a file is spelt, and its rows, empty lines left out. DataError for what is no text or no JSON."""
    lines = iter(Lines(path, _LONGEST, encoding))
    first = next(((number, line) for number, line in lines if line.strip()), None)
    if first is None:
        raise DataError(f"{path} is empty: expected pairs of texts, one a line.")
    spelling = spelling_of(Path(path), first[1])
    return spelling, _rows(spelling, first, lines, str(path))


def _rows(spelling: Spelling, first: tuple[int, str], lines: Iterator[tuple[int, str]], name: str) -> Iterator[Row]:
    if spelling.separator in ("", "\t"):
        for number, line in _again(first, lines):
            if line.strip():
                yield Row(number, line.split("\t") if spelling.separator else _object(name, number, line))
        return
    begun = first[0]

    def texts() -> Iterator[str]:
        nonlocal begun
        for number, line in _again(first, lines):
            begun = number
            yield f"{line}\n"

    for cells in csv.reader(texts(), delimiter=spelling.separator):
        if any(cell.strip() for cell in cells):
            yield Row(begun, cells)


def _again(first: tuple[int, str], lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield first
    yield from lines


def _object(name: str, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DataError(f"{name}, line {number}: expected a JSON object with both sides, got {line[:60]!r}.")
    return found
