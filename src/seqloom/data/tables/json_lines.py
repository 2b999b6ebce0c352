"""Rows as JSON objects, one a line. What a key holds becomes a cell; columns come as their keys are met."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from seqloom.data.tables.records import Lines, Record
from seqloom.errors import DataError

__all__ = ["json_cell", "json_records"]


def json_records(lines: Lines, name: str, columns: list[str]) -> Iterator[Record]:
    """The objects as rows; ``columns`` grows with the keys, those of objects in objects joined by a dot.

    A number keeps its spelling, null is an empty cell, a list stays JSON. Raises DataError for a line that is no
    object, or that says a key twice.

    >>> import io
    >>> columns = []
    >>> lines = Lines(io.StringIO('{"a": 1.50}\\n{"b": {"c": [1]}, "a": null}\\n'), "t")
    >>> [row.cells for row in json_records(lines, "t", columns)]
    [['1.50'], ['', '[1]']]
    >>> columns
    ['a', 'b.c']
    """
    places = {column: place for place, column in enumerate(columns)}
    for number, text in lines:
        if not text.strip():
            continue
        cells = [""] * len(columns)
        for key, value in _object(text, number, name, lines):
            if key not in places:
                places[key] = len(columns)
                columns.append(key)
                cells.append("")
            cells[places[key]] = value
        yield Record(number, cells, text.rstrip("\n"))


def _object(text: str, number: int, name: str, lines: Lines) -> Iterator[tuple[str, str]]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise DataError(f"{name}, line {number}: a key stands there twice: {sorted(key for key, _ in pairs)}.")
        return found

    try:
        value = json.loads(text, parse_float=_Spelt, parse_int=_Spelt, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        if not lines.ended:
            raise DataError(
                f"{name}, line {number}: the file ends in the middle of the line. Copy or export it again."
            ) from error
        hint = " Write one object on each line, without a list around them." if text.strip() == "[" else ""
        raise DataError(f"{name}, line {number}: no JSON ({error}).{hint}") from error
    if not isinstance(value, dict):
        raise DataError(
            f"{name}, line {number}: expected a JSON object, got {type(value).__name__}. Write one object on each line."
        )
    return _cells("", value)


class _Spelt(str):
    """A number as it is spelt."""


def _cells(prefix: str, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _cells(f"{prefix}{key}.", inner)
        else:
            yield f"{prefix}{key}", json_cell(inner)


def json_cell(value: Any) -> str:
    """A JSON value as a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    """JSON as it was, whose numbers are still spelt."""
    if isinstance(value, list):
        return f"[{', '.join(map(_json, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)}: {_json(inner)}' for key, inner in value.items())}}}"
    return str(value) if isinstance(value, _Spelt) else json.dumps(value, ensure_ascii=False)
