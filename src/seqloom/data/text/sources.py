"""Where text comes from: files, folders of them, standard input, or texts in memory; read as often as needed."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, final

from seqloom.data.text.document import Document, Piece, split_documents, text_documents
from seqloom.data.text.folder import files_inside
from seqloom.data.text.reader import decoded, read_text, shown, text_size
from seqloom.data.unnamed import Unnamed
from seqloom.errors import DataError, UsageError

__all__ = [
    "STANDARD_INPUT",
    "Files",
    "Source",
    "TextFile",
    "Texts",
    "blocks_of_standard_input",
    "open_files",
    "read_documents",
]

STANDARD_INPUT = "-"
_STANDARD_INPUT = "standard input"
_BETWEEN = b"\0"
"""Stands between files in what is counted and hashed; no text file holds it."""
_BLOCK = 1 << 20


@final
@dataclass(frozen=True)
class Texts:
    """Texts in memory; each is a document.

    >>> [piece.text for piece in Texts(["one", "two"]).documents(Document.FILE)]
    ['one', 'two']
    """

    texts: Sequence[str]

    def documents(self, document: Document) -> Iterator[Piece]:
        """Each text as a piece, whatever else ends a document in files."""
        return text_documents(self.texts)


class TextFile(NamedTuple):
    """A file, or a copy of what is none; what messages call it, and its size in bytes."""

    path: Path | Unnamed
    name: str
    size: int

    @property
    def identity(self) -> str:
        """The same for two that are the same file."""
        return os.path.realpath(self.path) if isinstance(self.path, Path) else self.name

    def text(self, observe: Callable[[bytes], None] | None) -> Iterator[str]:
        """The text in pieces; see :func:`read_text`."""
        if isinstance(self.path, Path):
            return read_text(self.path, _BLOCK, observe, self.name)
        return decoded(self.path.open, self.name, self.size, _BLOCK, observe)


@final
@dataclass(frozen=True)
class Files:
    """Text files in order. The end of a file ends a document, whatever else does.

    ``left_out`` counts by its kind what stood in folders and was not read.
    """

    files: tuple[TextFile, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Files | str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Files:
        """The files that paths name. A folder stands for the text files in it and in its folders, in natural order.

        Hidden, empty and binary files and our own models in a folder are left out, and so is a file that was named
        before. DataError for a path that is no such file, and for a folder without text.
        """
        if isinstance(given, Files):
            return given
        paths = [given] if isinstance(given, str | os.PathLike) else given
        left_out: Counter[str] = Counter()
        return cls._once((file for path in paths for file in _named(path, left_out)), left_out)

    @classmethod
    def _once(cls, named: Iterable[TextFile], left_out: Counter[str]) -> Files:
        files: dict[str, TextFile] = {}
        for file in named:
            left_out["named before"] += file.identity in files
            files.setdefault(file.identity, file)
        if not files:
            raise UsageError("Expected a text file, got none.")
        return cls(tuple(files.values()), +left_out)

    @property
    def size(self) -> int:
        """How many bytes ``observe`` sees in :meth:`documents`."""
        return sum(file.size for file in self.files) + len(_BETWEEN) * (len(self.files) - 1)

    def documents(self, document: Document, observe: Callable[[bytes], None] | None = None) -> Iterator[Piece]:
        """The documents of all files as a stream of pieces; ``observe`` sees the raw bytes, a zero between files."""
        for number, file in enumerate(self.files):
            if number and observe is not None:
                observe(_BETWEEN)
            yield from split_documents(file.text(observe), document)

    def remark(self) -> str:
        """A sentence about what was left out, or nothing.

        >>> Files((), {"hidden": 2, "binary": 1}).remark()
        'Read 0 files; left out: 2 hidden, 1 binary.'
        """
        read = f"Read {len(self.files):,} file{'s' * (len(self.files) != 1)}; "
        return read + _counted(self.left_out) if self.left_out else ""

    def __str__(self) -> str:
        first, others = self.files[0].name, len(self.files) - 1
        return first if not others else f"{first} and {others:,} more file{'s' * (others > 1)}"


Source = Texts | Files
"""Text that can be read again and again."""


def read_documents(source: Files | Path | str, document: Document) -> Iterator[Piece]:
    """Stream the documents of a file, or of the files in a folder, as pieces; see :func:`split_documents`."""
    return Files.of(source).documents(document)


@contextmanager
def open_files(paths: Sequence[str]) -> Iterator[Files]:
    """The files that the arguments of a command name, among them ``-`` for standard input.

    That is copied, block by block, into an :class:`Unnamed` file among temporary ones.
    """
    with ExitStack() as stack:
        left_out: Counter[str] = Counter()
        named = [[] if path == STANDARD_INPUT else _named(path, left_out) for path in paths]
        piped: list[TextFile] = []
        if STANDARD_INPUT in paths:
            piped = [_standard_input(stack.enter_context(Unnamed(f"a copy of {_STANDARD_INPUT}", None)))]
        yield Files._once((file for files in named for file in files or piped), left_out)


def _standard_input(copy: Unnamed) -> TextFile:
    """Standard input, once it is copied to its end."""
    for block in blocks_of_standard_input():
        copy.write(block)
    copy.flush()
    return TextFile(copy, _STANDARD_INPUT, copy.size)


def blocks_of_standard_input() -> Iterator[bytes]:
    """What comes through standard input, at least one block; DataError where it is closed, empty or cannot be read."""
    if sys.stdin is None:
        raise DataError(f"The {_STANDARD_INPUT} is closed. Give it text, or name a file.")
    block = _block_of_standard_input()
    if not block:
        raise DataError(f"The {_STANDARD_INPUT} is empty: there is nothing to read.")
    while block:
        yield block
        block = _block_of_standard_input()


def _block_of_standard_input() -> bytes:
    try:
        return sys.stdin.buffer.read(_BLOCK)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"Cannot read {_STANDARD_INPUT}: {reason}. Give it text, or name a file.") from error


def _named(given: str | os.PathLike[str], left_out: Counter[str]) -> list[TextFile]:
    """The files that one path names; what is left out of a folder is counted."""
    if not os.fspath(given):
        raise UsageError("Expected the path of a text file, got an empty one.")
    path = Path(given)
    if not os.path.isdir(path):  # unlike Path.is_dir, no error where a name is too long or may not be looked at
        return [TextFile(path, shown(str(path)), text_size(path))]
    here: Counter[str] = Counter()
    files = [TextFile(file, shown(str(file)), text_size(file)) for file in files_inside(path, here)]
    if not files:
        raise DataError(f"{path} holds no text file to read" + (f"; {_counted(here)}" if here else "."))
    left_out.update(here)
    return files


def _counted(left_out: Mapping[str, int]) -> str:
    return f"left out: {', '.join(f'{count:,} {kind}' for kind, count in left_out.items())}."
