"""A file of tagged words as a stream of blocks: the lines of one sentence, and what they say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from seqloom.data.problems import Problems
from seqloom.data.tagged.layout import DOCUMENT, Layout, find_layout
from seqloom.data.tagged.numbering import Numbering
from seqloom.errors import DataError

__all__ = ["Block", "begin", "read_blocks"]

_LONGEST: Final = 100_000
_FIRST: Final = 10_000
_LOOKED_AT: Final = 50
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\u2028\u2029]")
Line = tuple[int, str]


class Block(NamedTuple):
    """The lines of a sentence as they stand in the file, the first with the number ``first``.

    ``rows`` says which are tokens; ``tokens`` has their words, ``tags`` a list for each column of tags. A block
    without a token is what stands between sentences.
    """

    lines: Sequence[str]
    first: int
    rows: Sequence[int]
    tokens: list[str]
    tags: tuple[list[str], ...]

    def written(self, layout: Layout, tags: Sequence[Sequence[str]]) -> list[str]:
        """The same lines with other tags, a sequence for each column, one for each token."""
        lines = list(self.lines)
        for row, *of_token in zip(self.rows, *tags, strict=True):
            lines[row] = layout.replaced(lines[row], of_token)
        return lines


def begin(lines: Iterable[Line], source: str, universal: bool = False) -> tuple[Layout, Iterator[Line]]:
    """The layout that most of the first lines have, and all lines, those among them."""
    rest, head, tokens = iter(lines), list[Line](), list[str]()
    for number, line in rest:
        head.append((number, line))
        if line.strip(" \t") and not line.startswith(("#", DOCUMENT)):
            tokens.append(line)
        if len(head) == _FIRST or len(tokens) == _LOOKED_AT:
            break
    if tokens:
        return find_layout([*(line for _, line in head), _usual(tokens)], universal), chain(head, rest)
    tagged = next((line for _, line in head if line.startswith("#") and len(line.split()) == 2), None)
    if tagged is None:
        where = f" in {_FIRST:,} lines" if len(head) == _FIRST else ""
        raise DataError(f"{source}: expected a token a line with its tags, found none{where}.")
    return find_layout([tagged], universal), chain(head, rest)


def _usual(tokens: Sequence[str]) -> str:
    """The first of the lines that have as many columns as most."""
    shapes = [line.count("\t") + 1 if "\t" in line else -len(line.split()) for line in tokens]
    return tokens[shapes.index(Counter(shapes).most_common(1)[0][0])]


def read_blocks(lines: Iterable[Line], layout: Layout, problems: Problems) -> Iterator[Block]:
    """The blocks of a file, each given with the blank line that ends it; what is wrong is noted in ``problems``."""
    held, ended = list[Line](), 0
    for number, line in lines:
        held.append((number, line))
        if not line.strip(" \t"):
            block = _block(held, layout, problems)
            ended = number if block.tokens else ended
            held = []
            yield block
        if number - ended > _LONGEST:
            problems.add(f"line {number:,}", f"expected a sentence within {_LONGEST:,} lines: blank lines part them.")
            return
    if held:
        yield _block(held, layout, problems)


def _block(held: list[Line], layout: Layout, problems: Problems) -> Block:
    rows, tokens = list[int](), list[str]()
    tags: tuple[list[str], ...] = tuple([] for _ in layout.tags)
    count = Numbering()
    for row, (number, line) in enumerate(held):
        if not line.strip(" \t") or layout.is_remark(line):
            continue
        fields = layout.fields(line)
        misplaced = count.wrong(fields[0]) if layout.numbered else ""
        wrong = _wrong(line, fields, layout) or misplaced
        if wrong:
            problems.add(f"line {number}", wrong)
        elif not layout.numbered or fields[0].isdecimal():
            rows.append(row)
            tokens.append(fields[layout.word])
            for column, place in zip(tags, layout.tags, strict=True):
                column.append(fields[place])
    if count.missing:
        problems.add(f"line {held[-1][0]}", count.missing)
    return Block([line for _, line in held], held[0][0], rows, tokens, tags)


def _wrong(line: str, fields: list[str], layout: Layout) -> str:
    if found := _CONTROL.search(line):
        return f"illegal character U+{ord(found[0]):04X}."
    if len(fields) != len(layout.names):
        parted = "tabs" if layout.separator == "\t" else "spaces"
        return f"expected {len(layout.names)} columns parted by {parted}, got {len(fields)}: {line[:40]!r}."
    for place in (layout.word, *layout.tags):
        if not fields[place].strip():
            return f"column {layout.names[place]} is empty."
    return ""
