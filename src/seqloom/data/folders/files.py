"""Which files a folder has, and the label of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import regex

from seqloom.data.problems import Problems
from seqloom.data.tables import Column, Kind, Table, read_table
from seqloom.data.text.folder import files_inside
from seqloom.data.text.reader import no_such_file
from seqloom.errors import DataError, UsageError, listed

__all__ = ["LabelledFile", "Layout", "find_files", "is_about"]

_TABLES: Final = ("labels.csv", "labels.tsv")
_FILE_COLUMNS: Final = ("file", "filename", "file_name", "name", "path", "recording", "id")
_LABEL_COLUMNS: Final = ("label", "class", "target", "y")
_PARTS: Final = frozenset(("train", "training", "test", "testing", "valid", "validation", "val", "dev"))
_REMARKS: Final = ("readme", "license", "licence", "changelog", "about")
_SECONDS: Final = 1.0
"""For a pattern to search one name: one that backtracks without end is stopped."""


class LabelledFile(NamedTuple):
    """A file, what messages call it (its path in the folder), and its label, None where it has none."""

    path: Path
    name: str
    label: str | None


class Layout(NamedTuple):
    """The files of a folder with their labels; with ``of_classes`` no two have the same, so each may be a class.

    ``named`` says that the labels are but the files' own names; ``column`` is that of a table that has them.
    """

    folder: Path
    files: list[LabelledFile]
    of_classes: bool
    left_out: Counter[str]
    named: bool = False
    column: str = ""


def find_files(
    folder: str | Path, label_pattern: str | None = None, why_not: Callable[[Path], str] | None = None
) -> Layout:
    """The files of a folder with their labels: its texts, or those of another kind, for which ``why_not`` says nothing.

    With ``label_pattern``, a regular expression, its group ``label`` finds them in the files' paths. Otherwise they
    stand in ``labels.csv``, where there is one; or are the names of the folders in it; or each file is a class: its
    name, without its suffix if the names differ without, or just the suffix if only that differs. Hidden and empty
    files, READMEs and licences are left out. Raises DataError for a folder that has none of this, UsageError for a
    pattern that is none.
    """
    folder, left_out = Path(folder), Counter[str]()
    if not folder.is_dir():
        raise DataError(
            no_such_file(str(folder)) if not folder.exists() else f"{folder}: expected a folder, got a file."
        )
    table = next((name for name in _TABLES if (folder / name).is_file()), None)

    def reason(path: Path) -> str:
        assert why_not is not None
        return "" if path == folder / (table or "") else why_not(path)

    found = files_inside(folder, left_out, None if why_not is None else reason)
    paths = {path.relative_to(folder).as_posix(): path for path in found}
    for name in [name for name in paths if is_about(name) or name == table]:
        if name != table:
            left_out["about the data"] += 1
        del paths[name]
    if not paths:
        raise DataError(f"{folder}: expected files to learn from, found none.")
    if label_pattern is not None:
        named = list(_by_pattern(paths, label_pattern, folder, left_out))
        return Layout(folder, named, len({file.label for file in named}) == len(named), left_out)
    if table is not None:
        rows = read_table(folder / table)
        file, label = _columns_of(rows, paths)
        return Layout(folder, list(_by_table(paths, rows, (file, label), left_out)), False, left_out, column=label)
    if any("/" in name for name in paths):
        return Layout(folder, list(_by_folder(paths, folder, left_out)), False, left_out)
    return Layout(folder, _by_file(paths), True, left_out, named=True)


def is_about(name: str) -> bool:
    """Whether a file tells of the data, by its name.

    >>> is_about("data/README.md"), is_about("ready.txt")
    (True, False)
    """
    return Path(name).stem.lower() in _REMARKS


def _by_folder(paths: dict[str, Path], folder: Path, left_out: Counter[str]) -> Iterator[LabelledFile]:
    classes = {name.partition("/")[0] for name in paths if "/" in name}
    parts = sorted(one for one in classes if one.lower() in _PARTS)
    if parts:
        raise DataError(f"{folder} is divided into {', '.join(parts)}. Name one of them: {folder / parts[-1]}")
    for name, path in paths.items():
        if "/" in name:
            yield LabelledFile(path, name, name.partition("/")[0])
        else:
            left_out["beside the folders of classes"] += 1


def _by_file(paths: dict[str, Path]) -> list[LabelledFile]:
    stems = {Path(name).stem for name in paths}
    named = [Path(name).stem if len(stems) == len(paths) else name for name in paths]
    if len(stems) == 1 < len(paths):
        named = [Path(name).suffix.removeprefix(".") or name for name in paths]
    return [LabelledFile(path, name, label) for (name, path), label in zip(paths.items(), named, strict=True)]


def _by_pattern(
    paths: dict[str, Path], label_pattern: str, folder: Path, left_out: Counter[str]
) -> Iterator[LabelledFile]:
    try:
        pattern = regex.compile(label_pattern)
    except regex.error as error:
        raise UsageError(f"label_pattern: expected a regular expression, got {label_pattern!r}: {error}.") from None
    if "label" not in pattern.groupindex:
        raise UsageError(
            rf"label_pattern: expected a group named label, as in (?P<label>\w+)_\d+, got {label_pattern!r}."
        )
    found = False
    for name, path in paths.items():
        try:
            match = pattern.search(name, timeout=_SECONDS)
        except TimeoutError:
            raise UsageError(f"label_pattern: {label_pattern!r} takes too long on {name}; make it simpler.") from None
        if match is None or not match["label"]:
            left_out["without a label in their name"] += 1
            continue
        found = True
        yield LabelledFile(path, name, match["label"])
    if not found:
        raise DataError(f"{folder}: label_pattern finds no label in any of {len(paths):,} names, such as {name}.")


def _columns_of(rows: Table, paths: Collection[str]) -> tuple[str, str]:
    """The columns of a table of labels: one is called so, or names files; the other is called so, or is the only one
    left that repeats itself or has numbers."""
    by_name = {name.lower(): name for name in reversed([*rows.columns])}
    known = {*paths, *map(_stem, paths)}
    files = [by_name[name] for name in _FILE_COLUMNS if name in by_name]
    files += [name for name in rows.columns if any(cell.strip() in known for cell in rows.cells(name))]
    labels = [by_name[name] for name in _LABEL_COLUMNS if name in by_name]
    if not labels:
        labels = [name for name, column in rows.columns.items() if name not in files[:1] and _may_be_label(column)]
        if len(labels) > 1:
            raise UsageError(
                f"{rows.name} has several columns that may be the label: {listed(labels)}. Call the right one label."
            )
    if not files or not labels:
        raise DataError(f"{rows.name}: expected columns file and label, got {', '.join(rows.columns)}.")
    return files[0], labels[0]


def _may_be_label(column: Column) -> bool:
    if column.kind is Kind.NUMBER:
        return column.distinct != 1
    return column.distinct is not None and 1 < column.distinct <= column.rows / 2


def _stem(name: str) -> str:
    return str(Path(name).with_suffix(""))


def _by_table(
    paths: dict[str, Path], rows: Table, columns: tuple[str, str], left_out: Counter[str]
) -> Iterator[LabelledFile]:
    by_stem, problems, (file, label) = {_stem(name): name for name in paths}, Problems(rows.name), columns
    seen: dict[str, int] = {}
    for row, (asked, given) in enumerate(zip(rows.cells(file), rows.cells(label), strict=True)):
        name = asked.strip() if asked.strip() in paths else by_stem.get(asked.strip(), "")
        place = f"line {rows.line(row)}"
        if not name:
            problems.add(place, f"there is no file {asked[:80]!r} in {Path(rows.name).parent}.")
        elif name in seen:
            problems.add(place, f"{name} has a label already, in line {seen[name]}.")
        elif not given.strip():
            problems.add(place, f"the label of {name} is empty.")
        else:
            seen[name] = rows.line(row)
            yield LabelledFile(paths[name], name, given.strip())
    problems.refuse()
    if len(seen) < len(paths):
        left_out[f"without a line in {Path(rows.name).name}"] += len(paths) - len(seen)
