"""Tables with a token a row: a column says of which sentence, one has the word, and one its tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple, final

from seqloom.data.problems import Problems
from seqloom.data.tables.names import meant
from seqloom.data.tables.opened import Opened
from seqloom.data.tables.opening import Reading, open_path
from seqloom.data.tables.records import Record
from seqloom.data.tables.writing import Layout, free_names
from seqloom.errors import DataError, UsageError, did_you_mean, listed

__all__ = ["TokenColumns", "TokenTable", "read_token_table", "token_columns"]

_SENTENCES: Final = ("sentence_#", "sentence_id", "sentenceid", "sent_id", "sentid", "sentence", "sent", "sentence_no")
_WORDS: Final = ("word", "token", "form", "words", "tokens")
_TAGS: Final = ("tag", "ner_tag", "ner", "tags", "ner_tags", "label", "labels", "upos", "pos", "pos_tag", "xpos")
_LOOKED_AT: Final = 2000
_SHORTEST: Final = 2
"""Words that a sentence has at least, in the mean."""
_MOST_WITH_SPACES: Final = 0.02


class TokenColumns(NamedTuple):
    """The names of the columns; a table that has no tags yet has no ``tag``."""

    sentence: str
    word: str
    tag: str | None

    def __str__(self) -> str:
        return f"a token a row: {self.word!r}, its tag {self.tag!r}, sentences by {self.sentence!r}"


@final
@dataclass(frozen=True)
class TokenTable:
    """The sentences of a table: words, a tag for each where it has them; :meth:`written` adds a column to it."""

    source: str
    columns: TokenColumns
    names: Sequence[str]
    layout: Layout = field(repr=False)
    records: Sequence[Record] = field(repr=False)
    starts: Sequence[int] = field(repr=False)
    """The places of the rows with which the sentences begin."""
    remarks: Sequence[str] = ()

    @property
    def tokens(self) -> list[list[str]]:
        """The words of each sentence."""
        return self._cells(self.columns.word)

    @property
    def tags(self) -> dict[str, list[list[str]]]:
        """The tags of each sentence, by the name of their column."""
        return {} if self.columns.tag is None else {self.columns.tag: self._cells(self.columns.tag)}

    def place(self, sentence: int, token: int = 0) -> str:
        """Where a token stands: the file and the line."""
        return f"{self.source}, line {self.records[self.starts[sentence] + token].line}"

    def written(self, tags: Sequence[Sequence[str]]) -> Iterator[str]:
        """The text of the table, row by row, with tags in a new column, a sequence for each sentence."""
        (name,) = free_names(["prediction"], self.names)
        yield self.layout.head(self.names, [name])
        every = (tag for row in tags for tag in row)
        for record, tag in zip(self.records, every, strict=True):
            yield self.layout.row(record, {name: tag})

    def _cells(self, name: str) -> list[list[str]]:
        place = self.names.index(name)
        cells = [_cell(record, place) for record in self.records]
        return [cells[a:b] for a, b in zip(self.starts, [*self.starts[1:], len(cells)], strict=True)]


def token_columns(path: str | Path, target: str | None = None) -> TokenColumns | None:
    """The columns of a table with a token a row, by their names and the first rows; None for any other file.

    ``target`` names the one with the tags; where it is missing, there are none.
    """
    try:
        with open_path(Path(path), Reading()) as opened:
            found = _by_names(opened.columns, target)
            return found if found is not None and _fits(opened, found) else None
    except (DataError, OSError, ValueError):
        return None


def read_token_table(path: str | Path, columns: TokenColumns) -> TokenTable:
    """Read a table with a token a row, in any dialect that tables have.

    A sentence begins where its cell is filled, if it is empty elsewhere, or where it is another one than above. Raises
    DataError with the lines where a word or a tag is missing; UsageError for a column that is not there.
    """
    with open_path(Path(path), Reading()) as opened:
        names = list(opened.columns)
        for name in filter(None, columns):
            if name not in names:
                raise UsageError(
                    f"{opened.name} has no column {name!r}; it has {listed(names)}.{did_you_mean(name, names)}"
                )
        records = list(opened.records)
    problems = Problems(opened.name)
    for record in records:
        for name in filter(None, columns[1:]):
            if not _cell(record, names.index(name)).strip():
                problems.add(f"line {record.line}", f"column {name!r} is empty.")
    problems.refuse()
    starts = _starts([_cell(record, names.index(columns.sentence)) for record in records])
    return TokenTable(opened.name, columns, names, opened.layout, records, starts, opened.remarks)


def _by_names(names: Sequence[str], target: str | None) -> TokenColumns | None:
    by_meaning: Mapping[str, str] = {meant(name): name for name in reversed(names) if name != target}
    sentence, word, tag = (
        next((by_meaning[one] for one in known if one in by_meaning), None) for known in (_SENTENCES, _WORDS, _TAGS)
    )
    if target is not None:
        tag = target if target in names else None
    return None if sentence is None or word is None else TokenColumns(sentence, word, tag)


def _fits(opened: Opened, columns: TokenColumns) -> bool:
    sentence, word = (opened.columns.index(name) for name in columns[:2])
    records = list(islice(opened.records, _LOOKED_AT))
    words = [_cell(record, word) for record in records]
    several = sum(len(cell.split()) > 1 for cell in words)
    starts = _starts([_cell(record, sentence) for record in records])
    return several <= _MOST_WITH_SPACES * len(words) and _SHORTEST * len(starts) <= len(words)


def _starts(cells: Sequence[str]) -> list[int]:
    """Where a sentence begins: an empty cell goes on with that above it."""
    found, last = [], ""
    first_alone = any(not cell.strip() for cell in cells)
    for place, cell in enumerate(cells):
        if not place or (cell.strip() and (first_alone or cell != last)):
            found.append(place)
        last = cell
    return found


def _cell(record: Any, place: int) -> str:
    return str(record.cells[place]) if place < len(record.cells) else ""
