"""Sentences of tagged words, read from a file, and their tags written back into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import final

from seqloom.data.lines import Lines
from seqloom.data.problems import Problems
from seqloom.data.tagged.blocks import Block, begin, read_blocks
from seqloom.data.tagged.layout import Layout
from seqloom.errors import DataError

__all__ = ["TaggedSentences", "layout_of", "read_tagged"]


@final
@dataclass(frozen=True)
class TaggedSentences:
    """The sentences of a file in columns: words, and a tag for each in every column of tags.

    ``source`` is the file that messages name. What stands in the file besides (comments, further columns, blank lines)
    is kept, for :meth:`written`.
    """

    source: str
    layout: Layout
    blocks: Sequence[Block] = field(repr=False)
    lines: Lines = field(repr=False)

    @property
    def tokens(self) -> list[list[str]]:
        """The words of each sentence."""
        return [block.tokens for block in self._sentences]

    @property
    def tags(self) -> dict[str, list[list[str]]]:
        """The tags of each sentence, by the name of their column."""
        names = [self.layout.names[place] for place in self.layout.tags]
        return {name: [block.tags[place] for block in self._sentences] for place, name in enumerate(names)}

    @property
    def remarks(self) -> list[str]:
        """What a user should know of how the file was read."""
        return [self.lines.remark] * bool(self.lines.remark)

    def place(self, sentence: int, token: int = 0) -> str:
        """Where a token stands: the file and the line."""
        block = self._sentences[sentence]
        return f"{self.source}, line {block.first + block.rows[token]}"

    def written(self, tags: Mapping[str, Sequence[Sequence[str]]]) -> Iterator[str]:
        """The text of the file, sentence by sentence, with other tags: by column, a sequence for each sentence.

        A file without tags gets them as further columns, in this order. With its own tags it is the file as it was,
        all lines ending as the first.
        """
        place, end = 0, self.lines.ending
        yield self.lines.opening
        for number, block in enumerate(self.blocks):
            lines: Sequence[str] = block.lines
            if block.tokens:
                names = [self.layout.names[column] for column in self.layout.tags] or list(tags)
                lines = block.written(self.layout, [tags[name][place] for name in names])
                place += 1
            last = number == len(self.blocks) - 1 and not self.lines.ended
            yield end.join(lines) + ("" if last else end)

    @cached_property
    def _sentences(self) -> list[Block]:
        return [block for block in self.blocks if block.tokens]

    def __len__(self) -> int:
        return len(self._sentences)


def layout_of(path: str | Path, encoding: str | None = None) -> Layout:
    """The columns of a file of tagged words, by its first lines; DataError where there are none."""
    lines = Lines(path, encoding=encoding)
    return begin(lines, lines.name, ".conllu" in lines.path.suffixes)[0]


def read_tagged(
    path: str | Path,
    word: str | int | None = None,
    tags: Iterable[str | int] | None = None,
    encoding: str | None = None,
) -> TaggedSentences:
    """Read a file of tagged words: CoNLL with one or more columns, parted by tabs or spaces, or CoNLL-U; also .gz.

    A sentence ends at a blank line. ``word`` and ``tags`` are columns by name or by number, from 1. By default the word
    is FORM and the tag UPOS in CoNLL-U, elsewhere the word is the first column and the tag the last; ``()``, no tags,
    is for a file that has none yet. Its ``encoding`` is found where it is not said. Raises DataError with file and line
    for a line that lacks a column, an illegal character, tokens out of order, a file that is empty or cut off; several
    are said together.
    """
    lines = Lines(path, encoding=encoding)
    layout, all_lines = begin(lines, lines.name, ".conllu" in lines.path.suffixes)
    try:
        layout = layout.choose(word, tags)
    except DataError as error:
        raise DataError(f"{lines.name}: {error}") from None
    problems = Problems(lines.name)
    blocks = list(read_blocks(all_lines, layout, problems))
    if problems and not lines.ended:
        problems.add("its end", "the last line does not end; the file may be cut off.")
    problems.refuse()
    if not any(block.tokens for block in blocks):
        raise DataError(f"{lines.name}: expected a token a line with its tags, found none.")
    return TaggedSentences(lines.name, layout, blocks, lines)
