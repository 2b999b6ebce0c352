"""Rows as JSON objects, one a line or in one list. What a key holds becomes a cell; columns come as keys are met."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from seqloom.data.tables.records import LONGEST, NumberedLines, Record
from seqloom.errors import DataError

__all__ = ["in_list", "json_cell", "json_records"]

_BETWEEN: Final = re.compile(r"[\s,]*")


def in_list(lines: NumberedLines, name: str) -> Iterator[tuple[int, str]]:
    """The objects of a JSON list, each with the line where it begins, on one line; DataError for what is no such list.

    >>> import io
    >>> list(in_list(NumberedLines(io.StringIO('[{"a": 1},\\n {"a":\\n 2}]\\n'), "t"), "t"))
    [(1, '{"a": 1}'), (2, '{"a":  2}')]
    """
    decoder = json.JSONDecoder()
    held, place, begun = "", 0, 1
    for number, text in lines:
        if not held:
            begun = number
        held += text
        if number == 1:
            place = held.index("[") + 1
        while (place := _BETWEEN.match(held, place).end()) < len(held) and held[place] != "]":  # type: ignore[union-attr]
            try:
                _, end = decoder.raw_decode(held, place)
            except (ValueError, RecursionError):
                break
            yield begun + held.count("\n", 0, place), held[place:end].replace("\n", " ")
            place = end
        if held[place : place + 1] == "]":
            return
        begun += held.count("\n", 0, place)
        held, place = held[place:], 0
        if len(held) > LONGEST:
            break
    raise DataError(f"{name}, line {begun}: the list of JSON objects is damaged there, or ends before its end.")


def json_records(
    texts: Iterable[tuple[int, str]], lines: NumberedLines, name: str, columns: list[str]
) -> Iterator[Record]:
    """The objects in ``texts``, which come from ``lines``, as rows; ``columns`` grows with their keys, those of objects
    in objects joined by a dot.

    A number keeps its spelling, null is an empty cell, a list stays JSON. Raises DataError for a line that is no
    object, or that says a key twice.

    >>> import io
    >>> columns = []
    >>> lines = NumberedLines(io.StringIO('{"a": 1.50}\\n{"b": {"c": [1]}, "a": null}\\n'), "t")
    >>> [row.cells for row in json_records(lines, lines, "t", columns)]
    [['1.50'], ['', '[1]']]
    >>> columns
    ['a', 'b.c']
    """
    places = {column: place for place, column in enumerate(columns)}
    count, value = 0, dict[str, Any]()
    for number, text in texts:
        if not text.strip():
            continue
        count += 1
        value = _object(text, number, name, lines)
        cells = [""] * len(columns)
        for key, cell in _cells("", value):
            if key not in places:
                places[key] = len(columns)
                columns.append(key)
                cells.append("")
            cells[places[key]] = cell
        yield Record(number, cells, text.rstrip("\n"))
    if count == 1:
        _refuse_whole(value, name)


def _refuse_whole(value: dict[str, Any], name: str) -> None:
    """Raise DataError for the only object where it is no row, but holds all of them in a list, or in columns."""
    rows = [key for key, inner in value.items() if isinstance(inner, list) and inner and isinstance(inner[0], dict)]
    columns = len(value) > 1 and all(isinstance(inner, list | dict) and len(inner) > 1 for inner in value.values())
    if rows or columns:
        found = f"whose {rows[0]!r} holds them: write that list alone" if rows else "of columns: write it row by row"
        raise DataError(
            f"{name}: expected an object for each row, one on each line or all in one list [{{…}}, {{…}}]; got a "
            f"single object {found}."
        )


def _object(text: str, number: int, name: str, lines: NumberedLines) -> dict[str, Any]:
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
        raise DataError(
            f"{name}, line {number}: no JSON ({error}). Expected one object on each line, or one list of "
            "objects [{…}, {…}]."
        ) from error
    if not isinstance(value, dict):
        raise DataError(
            f"{name}, line {number}: expected a JSON object, got a {_kind(value)}. Write one object on each line."
        )
    return value


def _kind(value: Any) -> str:
    return "number" if isinstance(value, _Spelt) else type(value).__name__


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
