"""Which columns of a table have the words of sentences and their tags: a token a row, or a sentence a row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import Any, Final, NamedTuple

from seqloom.data.tables.names import meant
from seqloom.data.tables.opening import Reading, open_path
from seqloom.data.tables.records import Record
from seqloom.errors import DataError, UsageError, listed

__all__ = ["TokenColumns", "cell_of", "list_columns", "list_of", "starts_of", "token_columns"]

_SENTENCES: Final = ("sentence_#", "sentence_id", "sentenceid", "sent_id", "sentid", "sentence", "sent", "sentence_no")
_WORDS: Final = ("word", "token", "form", "words", "tokens")
_TAGS: Final = ("tag", "ner_tag", "ner", "tags", "ner_tags", "label", "labels", "upos", "pos", "pos_tag", "xpos")
_LOOKED_AT: Final = 2000
_SHORTEST: Final = 2
"""Words that a sentence has at least, in the mean."""
_MOST_WITH_SPACES: Final = 0.02
_LISTS: Final = 100
"""Rows that must have a list, for a column to be one of lists."""


class TokenColumns(NamedTuple):
    """The names of the columns; a table that has no tags yet has no ``tag``, one with a sentence a row no ``sentence``,
    but lists of words and tags."""

    sentence: str | None
    word: str
    tag: str | None

    def __str__(self) -> str:
        if self.sentence is None:
            return f"a sentence a row: its words {self.word!r}, their tags {self.tag!r}"
        return f"a token a row: {self.word!r}, its tag {self.tag!r}, sentences by {self.sentence!r}"


def token_columns(path: str | Path, target: str | None = None, encoding: str | None = None) -> TokenColumns | None:
    """The columns of a table with a token or a sentence a row, by their names and the first rows; None for any other.

    ``target`` names the one with the tags; where it is missing, there are none. UsageError where several may be it.
    """
    try:
        with open_path(Path(path), Reading(encoding)) as opened:
            first = list(islice(opened.records, _LOOKED_AT))
            found = _by_names(opened.columns, target)
            if found is not None and _fits(opened.columns, first, found):
                return found
            return _of_lists(opened.name, list_columns(opened.columns, first[:_LISTS]), target)
    except UsageError:  # is a ValueError, too
        raise
    except (DataError, OSError, ValueError):
        return None


def _by_names(names: Sequence[str], target: str | None) -> TokenColumns | None:
    by_meaning: Mapping[str, str] = {meant(name): name for name in reversed(names) if name != target}
    sentence, word, tag = (
        next((by_meaning[one] for one in known if one in by_meaning), None) for known in (_SENTENCES, _WORDS, _TAGS)
    )
    if target is not None:
        tag = target if target in names else None
    return None if sentence is None or word is None else TokenColumns(sentence, word, tag)


def _of_lists(source: str, lists: Mapping[str, list[list[str]]], target: str | None) -> TokenColumns | None:
    """Which of some columns of lists has the words, and which their tags: one is called so, or the only one."""
    by_meaning = {meant(name): name for name in reversed([*lists])}
    word = next((by_meaning[one] for one in (*_WORDS, "text", "sentence") if one in by_meaning), None)
    if word is None:
        return None
    lengths = [len(row) for row in lists[word]]
    fit = [name for name, rows in lists.items() if name != word and [len(row) for row in rows] == lengths]
    known = [by_meaning[one] for one in _TAGS if by_meaning.get(one) in fit]
    if target is not None or not fit:
        return TokenColumns(None, word, target if target in fit else None)
    if len(fit) > 1 and not known:
        raise UsageError(
            f"{source} has several lists of tags: {listed(fit)}. Say which: "
            + ", or ".join(f"--target {quote(name)}" for name in fit)
            + "."
        )
    return TokenColumns(None, word, (known or fit)[0])


def _fits(names: Sequence[str], records: Sequence[Record], columns: TokenColumns) -> bool:
    assert columns.sentence is not None
    sentence, word = names.index(columns.sentence), names.index(columns.word)
    words = [cell_of(record, word) for record in records]
    several = sum(len(cell.split()) > 1 for cell in words)
    starts = starts_of([cell_of(record, sentence) for record in records])
    return several <= _MOST_WITH_SPACES * len(words) and _SHORTEST * len(starts) <= len(words)


def starts_of(cells: Sequence[str]) -> list[int]:
    """Where a sentence begins: an empty cell goes on with that above it."""
    found, last = [], ""
    first_alone = any(not cell.strip() for cell in cells)
    for place, cell in enumerate(cells):
        if not place or (cell.strip() and (first_alone or cell != last)):
            found.append(place)
        last = cell
    return found


def cell_of(record: Record, place: int) -> str:
    return str(record.cells[place]) if place < len(record.cells) else ""


def list_columns(columns: Sequence[str], records: Sequence[Record]) -> Mapping[str, list[list[str]]]:
    """The columns that have a list in each of these rows, with the lists.

    >>> [*list_columns(["id", "tokens"], [Record(1, ["7", '["a", "b"]'])])]
    ['tokens']
    """
    found = {}
    for place, name in enumerate(columns):
        lists = [list_of(record, place) for record in records]
        if lists and None not in lists:
            found[name] = [one for one in lists if one is not None]
    return found


def list_of(record: Record, place: int) -> list[str] | None:
    """The list in a cell, its numbers as texts; None for a cell without one."""
    cell = record.cells[place] if place < len(record.cells) else ""
    try:
        found: Any = json.loads(cell) if cell.startswith("[") else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or any(not isinstance(one, str | int) for one in found):
        return None
    return [str(one) for one in found]
