"""What the columns of a file of tagged words are: their names, what parts them, which has the word, which the tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, final

from seqloom.data.one_target import refuse_several
from seqloom.errors import DataError, did_you_mean

__all__ = ["DOCUMENT", "UNIVERSAL", "Layout", "find_layout"]

UNIVERSAL: Final = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
"""The columns of CoNLL-U (https://universaldependencies.org/format.html)."""
DOCUMENT: Final = "-DOCSTART-"
_FIELD: Final = re.compile(r"[^ \t]+")
_SPACES: Final = re.compile(r"([ \t]+)")
_TAB: Final = re.compile(r"(\t)")
_NAMED: Final = re.compile(r"#\s*global\.columns\s*=\s*(.+)")
_REMARK: Final = re.compile(r"# (?:id |[\w.]+ ?= ?)")
_NUMBERED: Final = re.compile(r"1(?:-[0-9]+)?")


@final
@dataclass(frozen=True)
class Layout:
    """Columns of a file: their names, what parts them (a tab, or " " for any spaces), where word and tags are.

    ``numbered`` says that the tokens of a sentence are numbered in the first column, as in CoNLL-U. Without ``tags``
    the file has none, and those that are predicted follow as further columns.

    >>> layout = find_layout(["EU NNP B-ORG"])
    >>> layout.fields("EU  NNP B-ORG"), layout.tags
    (['EU', 'NNP', 'B-ORG'], (2,))
    >>> layout.replaced("EU  NNP B-ORG", ["O"])
    'EU  NNP O'
    """

    names: tuple[str, ...]
    separator: str
    numbered: bool = False
    word: int = 0
    tags: tuple[int, ...] = ()

    @property
    def named(self) -> bool:
        """Whether the columns have names, and not numbers alone."""
        return not self.names[0].isdecimal()

    def fields(self, line: str) -> list[str]:
        """What stands in the columns of a line."""
        return line.split("\t") if self.separator == "\t" else _FIELD.findall(line)

    def replaced(self, line: str, tags: Sequence[str]) -> str:
        """The line with other tags, all else as it was; without columns for them, they are added at its end."""
        if not self.tags:
            return self.separator.join([line.rstrip(" "), *tags])
        pieces = (
            _TAB.split(line) if self.separator == "\t" else _SPACES.split(line)
        )  # a field, what follows it, a field …
        indented = self.separator != "\t" and line.startswith((" ", "\t"))
        for column, tag in zip(self.tags, tags, strict=True):
            pieces[2 * (column + indented)] = tag
        return "".join(pieces)

    def is_remark(self, line: str) -> bool:
        """Whether a line says something of the sentence: a comment, or the start of a document.

        A token may begin with # too: it has all columns.
        """
        if self.numbered or not line.startswith("#"):
            return line.startswith("#") or line.partition(self.separator)[0].rstrip() == DOCUMENT
        return len(self.fields(line)) != len(self.names) or _REMARK.match(line) is not None

    def choose(self, word: str | int | None, tags: Iterable[str | int] | None) -> Layout:
        """The same with other columns for word and tags, by name or number, from 1; DataError where there is none.

        Without names, the word is in the first column that is not asked for its tags.
        """
        chosen = tuple(map(self._column, tags)) if tags is not None else self.tags
        place = self.word if word is None else self._column(word)
        if word is None and not self.named:
            place = next((one for one in range(len(self.names)) if one not in chosen), place)
        if place in chosen or len(set(chosen)) < len(chosen):
            twice = place if place in chosen else next(one for one in chosen if chosen.count(one) > 1)
            raise DataError(f"Column {self.names[twice]} is asked for twice, expected one use of each.")
        return Layout(self.names, self.separator, self.numbered, place, chosen)

    def _column(self, asked: str | int) -> int:
        by_name = {name: place for place, name in enumerate(self.names)}
        if str(asked) in by_name:
            return by_name[str(asked)]
        if str(asked).isdecimal() and 1 <= int(asked) <= len(self.names):
            return int(asked) - 1
        refuse_several(str(asked), [*self.names, *map(str, range(1, len(self.names) + 1))])
        known = f"1 to {len(self.names)}" if not self.named else ", ".join(self.names)
        raise DataError(f"There is no column {str(asked)!r}; there are {known}.{did_you_mean(str(asked), self.names)}")


def find_layout(lines: Sequence[str], universal: bool = False) -> Layout:
    """The layout of a file that begins with these lines, the last of them a token's; ``universal`` says it is CoNLL-U.

    CoNLL-U is also told by its ten columns, of which the first is a number: there the word is FORM, the tag UPOS.
    Elsewhere the first column is the word, and the last, where there are several, its tag.

    >>> find_layout(["# text = A dog", "1\\tA\\ta\\tDET\\tDT\\t_\\t2\\tdet\\t_\\t_"]).tags
    (3,)
    """
    line = lines[-1]
    separator = "\t" if "\t" in line else " "
    fields = Layout((), separator).fields(line)
    named = next((match[1].split() for match in map(_NAMED.match, lines) if match), None)
    if named is None and (universal or (len(fields) == len(UNIVERSAL) and _NUMBERED.fullmatch(fields[0]))):
        return Layout(
            UNIVERSAL, "\t" if universal else separator, True, UNIVERSAL.index("FORM"), (UNIVERSAL.index("UPOS"),)
        )
    if named is not None:
        names, numbered = tuple(named), named[0] == "ID"
        word = names.index("FORM") if "FORM" in names else 0
        return Layout(names, "\t", numbered, word, (names.index("UPOS") if "UPOS" in names else len(names) - 1,))
    names = tuple(str(number) for number in range(1, len(fields) + 1))
    return Layout(names, separator, tags=(len(names) - 1,) if len(names) > 1 else ())
