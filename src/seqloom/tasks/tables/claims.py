"""What makes a file one for a task over labelled rows of a table."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from seqloom.errors import DataError
from seqloom.tasks.door import Claim
from seqloom.tasks.tables.columns import asked_of, head_of

__all__ = ["claims_rows", "is_table", "may_be_table", "no_claim"]

_SURE: Final = 0.9
_LIKELY: Final = 0.8
"""A file whose name does not say that it is a table."""
_DOUBT: Final = 0.5
_TABLES: Final = (".csv", ".tsv", ".tab", ".psv", ".json", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".parquet", ".pq")
_MAYBE: Final = (".txt", ".data", ".train", ".ft", ".dat", "")
_HEAD: Final = 1 << 12


def is_table(path: Path) -> bool:
    """Whether the name of a file says that it is a table."""
    return Path(path.name.lower().removesuffix(".gz")).suffix in _TABLES and not os.path.isdir(path)


def claims_rows(*sought: str) -> Callable[[Path, Mapping[str, Any]], Claim | None]:
    """The claims of a task that predicts one of ``sought`` (``class``, ``labels``, ``number``) from texts in a table.

    A target that may be two of them is claimed less. Raises UsageError where other doubts remain, DataError for a table
    that cannot be read.
    """

    def claims(path: Path, given: Mapping[str, Any]) -> Claim | None:
        if is_table(path):
            return _claim(path, given, sought)
        if not may_be_table(path):
            return None
        try:
            found = _claim(path, given, sought)
        except (DataError, ValueError):
            return None
        return None if found is None else found._replace(strength=min(found.strength, _LIKELY))

    return claims


def no_claim(path: Path, given: Mapping[str, Any]) -> str:
    """Why a table is not claimed: a sentence."""
    from seqloom.data.tables import choose_columns

    table = head_of(path, given)
    try:
        choice = choose_columns(table, asked_of(given))
    except DataError as error:
        return str(error)
    return f"{path} is a table of {choice}, which no task here predicts."


def _claim(path: Path, given: Mapping[str, Any], sought: tuple[str, ...]) -> Claim | None:
    from seqloom.data.tables import Doubt, choose_columns

    table = head_of(path, given)
    try:
        choice = choose_columns(table, asked_of(given))
    except Doubt as doubt:
        if not doubt.between:
            raise
        return Claim(_DOUBT, str(doubt)) if set(sought) & set(doubt.between) else None
    except DataError:
        return None
    return Claim(_SURE, str(choice)) if choice.sought in sought else None


def may_be_table(path: Path, commas: bool = False) -> bool:
    """Whether a file is a table by its name, or by its first lines: each has as many tabs, semicolons or bars, or
    ``commas``, or begins as those of fastText."""
    if is_table(path):
        return path.is_file()
    if path.suffix.lower() not in _MAYBE or not path.is_file():
        return False
    with path.open("rb") as file:
        lines = file.read(_HEAD).split(b"\n")[:-1]
    lines = [line for line in lines if line.strip()]
    if len(lines) < 2:
        return False
    counts = ({line.count(separator) for line in lines} for separator in (b"\t", b";", b"|", *[b","] * commas))
    marked = all(line.startswith(b"__label__") for line in lines)
    return marked or b"\0" in lines[0] or any(len(count) == 1 and count != {0} for count in counts)
