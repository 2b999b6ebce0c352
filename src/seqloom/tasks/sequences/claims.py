"""What makes a file or folder one of labelled series, or of labelled texts in folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from seqloom.errors import DataError, UsageError
from seqloom.links import is_link
from seqloom.tasks.door import Claim
from seqloom.tasks.sequences.found import series_in

__all__ = ["claims_series", "claims_steps", "has_steps", "is_series"]

_SURE: Final = 0.95
_LIKELY: Final = 0.8
_LINES: Final = 0.6
"""Files of lines may as well be texts to go on with."""
_DOUBT: Final = 0.5
_LOOKED_AT: Final = 8
_MOST: Final = 10_000
_ROW: Final = 300
_TEXTS: Final = {
    "sound": "Transcripts stand in a table (file, text).",
    "picture": "Captions stand in a table (file, caption).",
    "recording": "A label of each step, in a column of every file, is learned by --task tagging.",
}


def claims_series(*sought: str) -> Callable[[Path, Mapping[str, Any]], Claim | None]:
    """The claims of a task that says ``sought`` (``class``, ``number``) of a series: ``.ts`` and ``.npz``, tables with
    a step or a series a row, folders with labels; of classes also of texts in folders.

    What labels are, their different values decide, as in tables. UsageError for a table of series of which nothing says
    where its labels are. Of a folder the names are looked at, and the first 64 kB of some files; folders by class,
    ``labels.csv``, or a ``label_pattern`` in ``given`` make it one. A flat folder of texts is claimed where each file
    has just short lines.
    """

    def claims(path: Path, given: Mapping[str, Any]) -> Claim | None:
        if path.is_dir():
            return _folder(path, given, sought)
        if _has_series_alone(path):
            kind = "number" if _has_numbers(path) else "class"
            return Claim(_SURE, f"labelled series ({_suffix(path)})") if kind in sought else None
        found = series_in(path, given)
        if found is None or found.of_steps:
            return None
        return _by_labels(str(path), Claim(_SURE, f"{found.reason}, one label each"), found.label, found.labels, sought)

    return claims


def claims_steps(*sought: str) -> Callable[[Path, Mapping[str, Any]], Claim | None]:
    """The claims of a task that says ``sought`` (``class``, ``number``) of each step: tables with a step a row whose
    label changes within a series. Numbers that may be either are taken for classes, as the states of a machine are."""

    def claims(path: Path, given: Mapping[str, Any]) -> Claim | None:
        from seqloom.data.tables.target import Doubt, sought_of

        if not has_steps(path, given):
            return None
        found = series_in(path, given)
        assert found is not None
        try:
            kind = str(sought_of(str(path), found.label, found.labels))
        except Doubt:
            kind = "class"
        return Claim(_SURE, f"{found.reason} of each step") if kind in sought else None

    return claims


def has_steps(source: Any, given: Mapping[str, Any]) -> bool:
    """Whether a file or a frame has series with a label for each step."""
    if isinstance(source, str | os.PathLike) and (os.path.isdir(source) or _has_series_alone(Path(source))):
        return False
    found = series_in(source, given)
    return found is not None and found.of_steps


def is_series(source: Any, given: Mapping[str, Any]) -> bool:
    """Whether a file or a frame has series with one label each; errors as those of :func:`claims_series`."""
    if isinstance(source, str | os.PathLike) and _has_series_alone(Path(source)):
        return True
    found = series_in(source, given)
    return found is not None and not found.of_steps


def _by_labels(source: str, claim: Claim, name: str, labels: Sequence[str], sought: Sequence[str]) -> Claim | None:
    """A claim of what labels are by themselves; a weak one, which says so, where they may be classes or amounts."""
    from seqloom.data.tables.target import Doubt, sought_of

    try:
        return claim if sought_of(source, name, labels) in sought else None
    except Doubt as doubt:
        return Claim(_DOUBT, str(doubt)) if {*sought} & {*doubt.between} else None


def _suffix(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return name[name.rfind(".") :]


def _has_series_alone(path: Path) -> bool:
    return _suffix(path) in (".ts", ".npz")


def _has_numbers(path: Path) -> bool:
    """Whether the labels of a file are said to be numbers, or have fractions."""
    from seqloom.data.folders.heads import first_lines
    from seqloom.data.series.npz import has_fractions

    if _suffix(path) == ".npz":
        return has_fractions(path)
    return any(line.lower().split()[:2] == ["@targetlabel", "true"] for line in first_lines(path))


def _folder(folder: Path, given: Mapping[str, Any], sought: Sequence[str]) -> Claim | None:
    from seqloom.data.folders.files import find_files, is_about
    from seqloom.data.folders.heads import first_lines, hold_numbers
    from seqloom.data.pictures.pictures import holds_pictures
    from seqloom.data.sounds.sounds import holds_sounds
    from seqloom.data.sounds.transcribed import has_transcripts
    from seqloom.storage.reading import mode_of

    if mode_of(folder / "manifest.json"):
        return None
    kind = "sound" if holds_sounds(folder) else "picture" if holds_pictures(folder) else ""
    if kind == "sound" and has_transcripts(folder):
        return None
    names = sorted(entry.name for entry in islice(os.scandir(folder), _MOST) if not entry.name.startswith("."))
    places = [folder / name for name in names if not is_about(name)]
    inner = {place: _first_file(place) for place in places if place.is_dir() and not is_link(place)}
    classes = {place.name: file for place, file in inner.items() if file is not None}
    files = [place for place in places if place not in inner]
    tables = {"labels.csv", "labels.tsv"} & {*names}
    if tables and not given.get("label_pattern"):
        claim = Claim(_SURE, "files with their labels in a table")
        try:
            layout = find_files(folder)
        except DataError:  # said when it is read
            return claim if "class" in sought else None
        labels = [file.label for file in layout.files if file.label is not None]
        return _by_labels(str(folder / min(tables)), claim, layout.column, labels, sought)
    if "class" not in sought:
        return None
    if given.get("label_pattern"):
        return Claim(_SURE, "labels in the names of the files")
    if len(classes) > 1:
        numbers = bool(kind) or hold_numbers(classes.values())
        kind = kind or ("recording" if numbers else "text")
        return Claim(_SURE if numbers else _LIKELY, f"a folder for each of {len(classes)} classes, each file a {kind}")
    if len(files) > 1 and not classes and hold_numbers(files):
        kind = "recording"
    if kind:
        raise UsageError(
            f"{folder} holds {kind}s, and nothing says what is to be learned of them. Put them into a folder for each "
            r"class, or labels into labels.csv (file, label), or say where their names have them: --label-pattern "
            rf"'(?P<label>\w+?)_'. {_TEXTS[kind]}"
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
