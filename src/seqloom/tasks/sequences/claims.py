"""What makes a file or folder one of labelled series, or of labelled texts in folders."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

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


def claims_labelled(path: Path, given: Mapping[str, Any]) -> Claim | None:
    """Claim what classes can be learnt from: ``.ts`` and ``.npz``, tables with a step a row, folders with labels.

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
    """A table that says whose step a row is, when it was, and what its label is; each id has several rows."""
    from seqloom.data.folders.heads import first_lines
    from seqloom.data.series.long import Columns, find_columns
    from seqloom.errors import DataError

    if path.suffix.lower() not in (".csv", ".tsv", ".txt") or not path.is_file():
        return None
    rows = [line for line in first_lines(path)[:_ROW] if line.strip()]
    separator = next((one for one in "\t;|," if rows and one in rows[0]), ",")
    names = [name.strip(' "') for name in rows[0].split(separator)] if rows else []
    try:
        found = find_columns(names, Columns(time=given.get("time"), label=given.get("target")))
    except DataError:
        return None
    if found.id is None or found.time is None or found.label is None:
        return None
    whole = [row.split(separator) for row in rows[1:] if row.count(separator) == len(names) - 1]
    ids = [row[names.index(found.id)] for row in whole]
    if 2 * len(set(ids)) > len(ids):
        return None
    pairs = {(row[names.index(found.id)], row[names.index(found.label)].strip()) for row in whole}
    reason = f"a step a row: series of each {found.id!r} in the order of {found.time!r} → {found.label!r}"
    return _Steps(reason, len(pairs) > len(set(ids)))


def _folder(folder: Path, given: Mapping[str, Any]) -> Claim | None:
    from seqloom.data.folders.files import is_about
    from seqloom.data.folders.heads import first_lines, hold_numbers
    from seqloom.storage.reading import mode_of

    if mode_of(folder / "manifest.json"):
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
        numbers = hold_numbers(classes.values())
        kind = "recording" if numbers else "text"
        return Claim(_SURE if numbers else _LIKELY, f"a folder for each of {len(classes)} classes, each file a {kind}")
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
