"""What makes a file or folder one of labelled series, or of labelled texts in folders."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from seqloom.errors import UsageError
from seqloom.links import is_link
from seqloom.tasks.door import Claim

__all__ = ["claims_labelled", "claims_steps"]

_SURE: Final = 0.95
_LIKELY: Final = 0.8
_LINES: Final = 0.6
"""Files of lines may as well be texts to go on with."""
_LOOKED_AT: Final = 8
_MOST: Final = 10_000
_ROW: Final = 300
_WORDS: Final = 3
"""In the mean, from which on cells are texts."""
_MISSING: Final = ("nan", "na", "null", "none", "?")


def claims_labelled(path: Path, given: Mapping[str, Any]) -> Claim | None:
    """Claim what classes can be learnt from: ``.ts`` and ``.npz``, tables with a step a row, folders with labels.

    UsageError for a table with a step a row of which nothing says where its labels are.

    Of a folder the names are looked at, and the first 64 kB of some files; folders by class, ``labels.csv``, or a
    ``label_pattern`` in ``given`` make it one. A flat folder of texts is claimed where each file has just short lines.
    """
    if path.is_dir():
        return _folder(path, given)
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".ts", ".npz")):
        return Claim(_SURE, f"labelled series ({name[name.rfind('.') :]})")
    found = _steps(path, given)
    return None if found is None or found.of_steps else Claim(_SURE, f"{found.reason}, one label each")


def claims_steps(path: Path, given: Mapping[str, Any]) -> Claim | None:
    """Claim a table with a step a row whose label changes within a series."""
    found = _steps(path, given)
    return Claim(_SURE, f"{found.reason} of each step") if found is not None and found.of_steps else None


class _Steps(NamedTuple):
    reason: str
    of_steps: bool


def _steps(path: Path, given: Mapping[str, Any]) -> _Steps | None:
    """A table that says whose step a row is; each id has several rows, by a time or one after the other.

    It has columns of numbers, and none of texts. UsageError where all of this is so, and nothing says which column has
    the labels.
    """
    from seqloom.data.series.long import Columns, find_columns
    from seqloom.errors import DataError, listed

    if path.suffix.lower() not in (".csv", ".tsv", ".txt") or not path.is_file():
        return None
    names, rows = _rows(path)
    inputs = tuple((given.get("input") or "").split(",")) if given.get("input") else ()
    try:
        found = find_columns(names, Columns(given.get("group"), given.get("time"), given.get("target"), inputs))
    except DataError:
        return None
    if found.id is None or not _are_numbers(
        {name: [row[names.index(name)] for row in rows] for name in found.channels}
    ):
        return None
    ids = [row[names.index(found.id)] for row in rows]
    apart = 1 + sum(one != other for one, other in pairwise(ids)) > len(set(ids))
    if 2 * len(set(ids)) > len(ids) or (apart and found.time is None and given.get("group") is None):
        return None
    order = "" if found.time is None else f" in the order of {found.time!r}"
    reason = f"a step a row: series of each {found.id!r}{order}"
    if found.label is None:
        raise UsageError(
            f"{path} is a table with {reason}, of {listed(found.channels)}. Which has the label? "
            "Name it: --target NAME."
        )
    pairs = {(row[names.index(found.id)], row[names.index(found.label)].strip()) for row in rows}
    return _Steps(f"{reason} → {found.label!r}", len(pairs) > len(set(ids)))


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """The names in the first row of a table, and the whole rows among those that follow."""
    from seqloom.data.folders.heads import first_lines

    lines = [line for line in first_lines(path)[:_ROW] if line.strip()]
    separator = next((one for one in "\t;|," if lines and one in lines[0]), ",")
    try:
        names, *rows = csv.reader(lines, delimiter=separator)
    except (ValueError, csv.Error):
        return [], []
    names = [name.strip() for name in names]
    return names, [row for row in rows if len(row) == len(names)]


def _are_numbers(columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether there are columns of numbers, and beside them none of texts but words alone."""
    from seqloom.data.tables.names import INPUTS, SECOND_INPUTS, meant
    from seqloom.data.tables.numerals import readings

    numbers = 0
    for name, column in columns.items():
        cells = [cell for cell in map(str.strip, column) if cell and cell.lower() not in _MISSING]
        if 2 * sum(bool(readings(cell)) for cell in cells) >= len(cells):
            numbers += bool(cells)
        elif meant(name) in INPUTS | SECOND_INPUTS or sum(len(cell.split()) for cell in cells) >= _WORDS * len(cells):
            return False
    return numbers > 0


def _folder(folder: Path, given: Mapping[str, Any]) -> Claim | None:
    from seqloom.data.folders.files import is_about
    from seqloom.data.folders.heads import first_lines, hold_numbers
    from seqloom.data.sounds.sounds import holds_sounds
    from seqloom.data.sounds.transcribed import has_transcripts
    from seqloom.storage.reading import mode_of

    if mode_of(folder / "manifest.json"):
        return None
    kind = "sound" if holds_sounds(folder) else ""
    if kind and has_transcripts(folder):
        return None
    names = sorted(entry.name for entry in islice(os.scandir(folder), _MOST) if not entry.name.startswith("."))
    places = [folder / name for name in names if not is_about(name)]
    inner = {place: _first_file(place) for place in places if place.is_dir() and not is_link(place)}
    classes = {place.name: file for place, file in inner.items() if file is not None}
    files = [place for place in places if place not in inner]
    if given.get("label_pattern"):
        return Claim(_SURE, "labels in the names of the files")
    if {"labels.csv", "labels.tsv"} & {*names}:
        return Claim(_SURE, "files with their labels in a table")
    if len(classes) > 1:
        numbers = bool(kind) or hold_numbers(classes.values())
        kind = kind or ("recording" if numbers else "text")
        return Claim(_SURE if numbers else _LIKELY, f"a folder for each of {len(classes)} classes, each file a {kind}")
    if kind:
        raise UsageError(
            f"{folder} holds sounds, and nothing says what is to be learned of them. Put them into a folder for each "
            r"class, or labels into labels.csv (file, label), or say where their names have them: --label-pattern "
            r"'(?P<label>\w+?)_'. Transcripts stand in a table (file, text)."
        )
    lines = [first_lines(file) for file in files[:_LOOKED_AT]]
    if len(files) > 1 and all(len(rows) > 1 and "" not in rows and max(map(len, rows)) <= _ROW for rows in lines):
        return Claim(_LINES, f"a file for each of {len(files)} classes, each line a text")
    return None


def _first_file(folder: Path) -> Path | None:
    """A file in a folder or below it."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found = next((name for name in sorted(files) if not name.startswith(".")), None)
        if found is not None:
            return Path(place, found)
    return None
