"""Tables with a sentence a row: a cell has the list of its words, another that of their tags, as in JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import final

from seqloom.data.problems import Problems
from seqloom.data.tables.records import Record
from seqloom.data.tables.writing import Layout, free_names
from seqloom.data.tagged.columns import TokenColumns, list_of

__all__ = ["TokenLists"]


@final
@dataclass(frozen=True)
class TokenLists:
    """The sentences of a table: lists of ``tokens``, and of tags where it has them; ``written`` adds a column to it."""

    source: str
    columns: TokenColumns
    names: Sequence[str]
    layout: Layout = field(repr=False)
    records: Sequence[Record] = field(repr=False)
    remarks: Sequence[str] = ()

    @property
    def tokens(self) -> list[list[str]]:
        """The words of each sentence."""
        return self._lists(self.columns.word)

    @property
    def tags(self) -> dict[str, list[list[str]]]:
        """The tags of each sentence, by the name of their column."""
        return {} if self.columns.tag is None else {self.columns.tag: self._lists(self.columns.tag)}

    def place(self, sentence: int, token: int = 0) -> str:
        """Where a token stands: the file, the line and the number of the token."""
        return f"{self.source}, line {self.records[sentence].line}, token {token + 1}"

    def written(self, tags: Sequence[Sequence[str]]) -> Iterator[str]:
        """The text of the table, row by row, with lists of tags in a new column."""
        (name,) = free_names(["prediction"], self.names)
        yield self.layout.head(self.names, [name])
        for record, row in zip(self.records, tags, strict=True):
            yield self.layout.row(record, {name: list(row)})

    def check(self) -> None:
        """Raise DataError, with lines, for cells that are no lists, empty ones, and tags that are too many or few."""
        problems = Problems(self.source)
        for record in self.records:
            words = list_of(record, self.names.index(self.columns.word))
            tags = words if self.columns.tag is None else list_of(record, self.names.index(self.columns.tag))
            if not words or not all(words):
                problems.add(f"line {record.line}", f"expected a list of words in {self.columns.word!r}.")
            elif tags is None or len(tags) != len(words) or not all(tags):
                problems.add(
                    f"line {record.line}", f"expected {len(words)} tags in {self.columns.tag!r}, one for each word."
                )
        problems.refuse()

    def _lists(self, name: str) -> list[list[str]]:
        place = self.names.index(name)
        return [list_of(record, place) or [] for record in self.records]
