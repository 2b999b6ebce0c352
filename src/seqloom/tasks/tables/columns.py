"""The settings of every task that reads labelled rows of a table: which columns, and how the file is spelt; light."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from seqloom.settings import Kind, OneOf, Section, Settings

if TYPE_CHECKING:
    from seqloom.data.tables import Asked, Choice, Sought, Table

__all__ = ["ColumnSettings", "Names", "asked_of", "choice_of", "chosen_for", "head_of", "table_of"]

_COLUMNS = Section("Columns")
_MOST = 5000
"""Rows that tell what a table is."""


class Names(Kind):
    """Names of columns with commas between.

    >>> Names().take("title, body")
    'title,body'
    """

    metavar = "NAMES"
    expected = ("names of columns with commas between",)

    def take(self, value: object) -> str:
        names = [name.strip() for name in value.split(",")] if isinstance(value, str) else []
        if not names or not all(names):
            raise ValueError
        return ",".join(names)


@dataclass(frozen=True, kw_only=True)
class ColumnSettings(Settings):
    """Which columns of a table are read. What is None is found, where only one reading is possible."""

    target: Annotated[str | None, "The column to predict.", _COLUMNS] = None
    input: Annotated[str | None, Names(), "The column to read, or several with commas between.", _COLUMNS] = None
    group: Annotated[
        str | None,
        "Rows with the same value here stay together when some are held out; with a step a row, they are a series.",
        _COLUMNS,
    ] = None
    time: Annotated[
        str | None, "The latest rows by this column are held out; of a series, when each step was.", _COLUMNS
    ] = None
    split_column: Annotated[str | None, "It says train, validation or test of each row.", _COLUMNS] = None
    encoding: Annotated[str | None, "Of the file, as Python names it: utf-8, cp1252, …", _COLUMNS] = None
    decimal: Annotated[str | None, OneOf((".", ",")), "What stands before decimals.", _COLUMNS] = None
    label_pattern: Annotated[
        str | None, r"A regular expression that finds labels in names of files: (?P<label>\w+)_\d+.", _COLUMNS
    ] = None
    strict: Annotated[bool, "Refuse rows that would be left out or repaired.", _COLUMNS] = False


def asked_of(given: Mapping[str, Any]) -> Asked:
    """The columns that settings name, by the names of :class:`ColumnSettings`."""
    from seqloom.data.tables import Asked

    inputs = given.get("input")
    return Asked(
        () if inputs is None else tuple(inputs.split(",")),
        *(given.get(name) for name in ("target", "group", "time", "split_column")),
    )


def table_of(source: Any, given: Mapping[str, Any]) -> Table:
    """The table in a file or a frame, read as the settings say."""
    from seqloom.data.tables import read_table

    return read_table(source, encoding=given.get("encoding"), decimal=given.get("decimal"))


def head_of(source: Any, given: Mapping[str, Any]) -> Table:
    """The first rows of the same; those of the last file are kept, for each task looks at them."""
    from seqloom.data.tables import read_table

    if not isinstance(source, str | os.PathLike):
        return read_table(source, decimal=given.get("decimal"), most=_MOST)
    status = os.stat(source)
    as_it_is = (status.st_size, status.st_mtime_ns, status.st_ino)
    return _head(os.fspath(source), as_it_is, given.get("encoding"), given.get("decimal"))


@lru_cache(maxsize=1)
def _head(path: str, as_it_is: tuple[int, ...], encoding: str | None, decimal: str | None) -> Table:
    from seqloom.data.tables import read_table

    return read_table(path, encoding=encoding, decimal=decimal, most=_MOST)


def chosen_for(table: Table, asked: Asked, sought: Sequence[Sought]) -> Choice:
    """The columns of a table, whose target is what a task seeks: what it is by itself, or else the first."""
    from seqloom.data.tables import Doubt, choose_columns

    if len(sought) > 1:
        try:
            found = choose_columns(table, asked)
        except Doubt as doubt:
            if not doubt.between:
                raise
        else:
            if found.sought in sought:
                return found
    return choose_columns(table, asked, sought[0])


def choice_of(columns: Mapping[str, Any]) -> Choice:
    """A choice of columns from plain data, as ``dataclasses.asdict`` gives it."""
    from seqloom.data.tables import Choice, Sought

    several = {name: tuple(columns.get(name, ())) for name in ("inputs", "like_nothing")}
    return Choice(**{**columns, **several, "sought": Sought(columns["sought"])})
