"""Tables with a token a row: a column says of which sentence, one has the word, one its tag; or a sentence a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from seqloom.data.one_target import refuse_several
from seqloom.data.problems import Problems
from seqloom.data.tables.opening import Reading, open_path
from seqloom.data.tables.records import Record
from seqloom.data.tables.writing import Layout, free_names
from seqloom.data.tagged.columns import TokenColumns, cell_of, starts_of
from seqloom.data.tagged.lists import TokenLists
from seqloom.errors import UsageError, did_you_mean, listed

__all__ = ["TokenTable", "read_token_table"]


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
        cells = [cell_of(record, place) for record in self.records]
        return [cells[a:b] for a, b in zip(self.starts, [*self.starts[1:], len(cells)], strict=True)]


def read_token_table(path: str | Path, columns: TokenColumns, encoding: str | None = None) -> TokenTable | TokenLists:
    """Read a table with a token or a sentence a row, in any dialect that tables have.

    A sentence begins where its cell is filled, if it is empty elsewhere, or where it is another one than above. Raises
    DataError with the lines where a word or a tag is missing; UsageError for a column that is not there.
    """
    with open_path(Path(path), Reading(encoding)) as opened:
        names = list(opened.columns)
        refuse_several(columns.tag, names)
        for name in filter(None, columns):
            if name not in names:
                raise UsageError(
                    f"{opened.name} has no column {name!r}; it has {listed(names)}.{did_you_mean(name, names)}"
                )
        records = list(opened.records)
    if columns.sentence is None:
        lists = TokenLists(opened.name, columns, names, opened.layout, records, opened.remarks)
        lists.check()
        return lists
    problems = Problems(opened.name)
    for record in records:
        for name in filter(None, columns[1:]):
            if not cell_of(record, names.index(name)).strip():
                problems.add(f"line {record.line}", f"column {name!r} is empty.")
    problems.refuse()
    starts = starts_of([cell_of(record, names.index(columns.sentence)) for record in records])
    return TokenTable(opened.name, columns, names, opened.layout, records, starts, opened.remarks)
