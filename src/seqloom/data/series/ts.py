"""Series in the ``.ts`` format of sktime and the UEA archive: a case a line, its dimensions parted by colons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.lines import Lines
from seqloom.data.problems import Problems
from seqloom.data.series.recordings import Sample
from seqloom.errors import DataError

__all__ = ["read_ts"]

_LONGEST: Final = 1 << 26
_TAGS: Final = (
    *("problemname", "timestamps", "missing", "univariate", "dimension", "dimensions"),
    *("equallength", "serieslength", "classlabel", "targetlabel"),
)


@final
@dataclass
class _Header:
    """What the lines before the data say."""

    dimensions: int | None = None
    labelled: bool = False
    classes: list[str] = field(default_factory=list)
    begun: bool = False

    def read(self, line: str) -> str:
        """Take one line; what is wrong with it, or nothing."""
        tag, _, value = line[1:].partition(" ")
        tag, words = tag.lower(), value.split()
        if tag == "data":
            self.begun = True
        elif tag not in _TAGS:
            return f"expected one of @{', @'.join(_TAGS)} or @data, got {line[:40]!r}."
        elif tag == "timestamps" and words and words[0].lower() == "true":
            return "series with time stamps are not read: expected @timeStamps false."
        elif tag in ("dimension", "dimensions"):
            if len(words) != 1 or not words[0].isdecimal() or not 1 <= int(words[0]) <= 1_000_000:
                return f"expected the number of dimensions, got {value[:40]!r}."
            self.dimensions = int(words[0])
        elif tag == "univariate" and words and words[0].lower() == "true":
            self.dimensions = 1
        elif tag in ("classlabel", "targetlabel") and words and words[0].lower() == "true":
            self.labelled, self.classes = True, words[1:] if tag == "classlabel" else []
        return ""


def read_ts(path: str | Path, encoding: str | None = None) -> Iterator[Sample]:
    """The cases of a file, with their labels where it has some; ``?`` and ``NaN`` are missing values.

    Raises DataError with file and line, several together, for what is no number, dimensions of different length or in
    another number than said, a class that the header does not name, a file that has no data.
    """
    lines, header = Lines(path, _LONGEST, encoding), _Header()
    problems, count = Problems(lines.name), 0
    for number, line in lines:
        text = line.strip()
        if not text or text.startswith(("#", "%")):
            continue
        if header.begun:
            count += 1
            found = _case(text, header)
            if isinstance(found, str):
                problems.add(f"line {number}", found)
            elif not problems:
                channels = tuple(f"dimension {place + 1}" for place in range(found[0].shape[1]))
                yield Sample(f"{lines.name}, line {number}", found[0], channels, found[1])
        elif not text.startswith("@"):
            raise DataError(f"{lines.name}, line {number}: expected @data before the first series, got {text[:40]!r}.")
        elif wrong := header.read(text):
            problems.add(f"line {number}", wrong)
    if problems and not lines.ended:
        problems.add("its end", "the last line does not end; the file may be cut off.")
    problems.refuse()
    if not count:
        raise DataError(f"{lines.name}: expected series after a line @data, found none.")


def _case(line: str, header: _Header) -> tuple[NDArray[np.float64], str | None] | str:
    """The values (T, D) and the label of a line, or what is wrong with it."""
    *parts, label = line.split(":") if header.labelled else (*line.split(":"), "")
    label = label.strip()
    if header.labelled and not parts:
        return f"expected a label after the last colon, got {line[:40]!r}."
    if header.classes and label not in header.classes:
        return f"the class {label[:40]!r} is not among those of @classLabel."
    if header.labelled and not label:
        return "the label is empty."
    header.dimensions = header.dimensions or len(parts)
    if len(parts) != header.dimensions:
        return f"expected {header.dimensions} dimensions, got {len(parts)}."
    columns = []
    for place, part in enumerate(parts, 1):
        try:
            columns.append([_number(cell) for cell in part.split(",")] if part.strip() else [])
        except ValueError as error:
            return f"dimension {place}: expected a number, got {str(error)[:40]!r}."
        if len(columns[-1]) != len(columns[0]):
            return f"dimension {place} has {len(columns[-1])} steps, dimension 1 has {len(columns[0])}."
    return np.array(columns, np.float64).T, label if header.labelled else None


def _number(cell: str) -> float:
    """A number, NaN for one that is missing; ValueError with the cell otherwise."""
    text = cell.strip()
    if text in ("?", "NaN", "nan"):
        return np.nan
    try:
        if "_" not in text:
            return float(text)
    except ValueError:
        pass
    raise ValueError(text)
