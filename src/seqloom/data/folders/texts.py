"""Labelled texts in folders: a file each, or a line each in one file for each class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, final

from seqloom.data.decoding import decoded_file
from seqloom.data.folders.files import Layout, find_files
from seqloom.data.lines import Lines
from seqloom.data.named import named_table
from seqloom.errors import DataError

__all__ = ["LabelledTexts", "one_text", "read_labelled_texts"]


@final
@dataclass(frozen=True)
class LabelledTexts:
    """N texts with a label each; ``names`` says the file, and the line where one file has several."""

    source: str
    texts: list[str] = field(repr=False)
    labels: list[str] = field(repr=False)
    names: list[str] = field(repr=False)
    left_out: Mapping[str, int] = field(default_factory=dict)
    encodings: Sequence[str] = ()
    """What to say of files that are not in UTF-8."""
    one: ClassVar[str] = "text"
    """What an example is called, in tables and JSON."""

    @property
    def remarks(self) -> list[str]:
        """What was left out, a sentence each."""
        left_out = [f"{count:,} {what} left out" for what, count in self.left_out.items()]
        more = f" So are {len(self.encodings) - 1:,} more files." if len(self.encodings) > 1 else ""
        return left_out + [f"{remark}{more}" for remark in self.encodings[:1]]

    def written(self, columns: Mapping[str, Sequence[object]]) -> Iterator[str]:
        """A table (csv), a line for each text: its name, then the columns, such as predictions."""
        return named_table(self.one, self.names, columns)


def one_text(path: Path, encoding: str | None = None) -> LabelledTexts:
    """A file that is a text, without a label. Raises DataError for one that cannot be read, or is empty."""
    text = decoded_file(path, encoding).text.strip()
    if not text:
        raise DataError(f"{path} holds nothing but spaces.")
    return LabelledTexts(str(path), [text], [""], [path.name])


def read_labelled_texts(
    folder: str | Path | Layout, label_pattern: str | None = None, encoding: str | None = None
) -> LabelledTexts:
    """Read a folder of texts: see :func:`find_files` for where their labels stand.

    Each file is in UTF-8, or in what it shows itself, if no ``encoding`` is said. A file is a text; where each file has
    the name of a class, each of its lines is one. Texts of nothing but spaces are left out. Raises DataError for a file
    that cannot be read, and for a folder without texts.
    """
    layout = folder if isinstance(folder, Layout) else find_files(folder, label_pattern)
    found, left_out, encodings = list[tuple[str, str, str]](), layout.left_out.copy(), list[str]()
    for path, name, label in layout.files:
        for number, text in _texts(path, layout.of_classes, encoding, encodings):
            if text.strip():
                found.append((text.strip(), label or "", f"{name}, line {number}" if layout.of_classes else name))
            else:
                left_out["empty texts"] += 1
    if not found:
        raise DataError(f"{layout.folder}: expected texts, found only empty ones.")
    texts, labels, names = (list(column) for column in zip(*found, strict=True))
    return LabelledTexts(str(layout.folder), texts, labels, names, +left_out, encodings)


def _texts(path: Path, by_line: bool, encoding: str | None, encodings: list[str]) -> Iterator[tuple[int, str]]:
    """The texts of a file with their lines; what is to be said of its encoding is added to ``encodings``."""
    if by_line:
        lines = Lines(path, encoding=encoding)
        yield from lines
        remark = lines.remark
    else:
        text, found = decoded_file(path, encoding)
        yield 0, text
        remark = found.remark
    encodings += [remark] * bool(remark)
