"""The lines of a text file with their numbers, packed by gzip or not, one in memory at a time."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Final, final

from seqloom.data.decoding import UTF_8, said_or_found, undecoded
from seqloom.data.tables.encodings import FoundEncoding
from seqloom.data.text.reader import decoded, read_text, shown, text_size
from seqloom.errors import DataError

__all__ = ["Lines"]

_PACKED: Final = b"\x1f\x8b"
_BLOCK: Final = 1 << 18


@final
class Lines:
    """The lines of a text file: iterating gives pairs of number, from 1, and line, without its end.

    It is in UTF-8, in what it shows itself (UTF-16, Windows-1252), or in the ``encoding`` that is said. DataError for a
    line of more than ``longest`` characters, and for what :func:`read_text` refuses. Once it is read, ``opening`` is
    the byte-order mark at its start or nothing, ``ending`` the end of its lines, ``ended`` whether its last line has
    one, ``read_as`` its encoding, and ``remark`` what a user should know of that.
    """

    def __init__(self, path: str | Path, longest: int = 1 << 20, encoding: str | None = None) -> None:
        self.path, self.name, self.longest, self.encoding = Path(path), shown(str(path)), longest, encoding
        self.read_as, self.remark = "utf-8", ""
        self.opening, self.ending, self.ended = "", "\n", True
        self._begun = False

    def __iter__(self) -> Iterator[tuple[int, str]]:
        held, self._read, self._begun = "", 0, False
        for text in self._text():
            *whole, held = (held + text).split("\n")
            for line in whole:
                self._read += 1
                yield self._read, self._bounded(self._read, line)
            self._bounded(self._read + 1, held)
        self.ended = not held
        if held:
            yield self._read + 1, held

    def _text(self) -> Iterator[str]:
        try:
            text_size(self.path)
            with self.path.open("rb") as file:
                packed = file.read(2) == _PACKED
            with self._opened(packed) as file:
                found = said_or_found(self.encoding, iter(lambda: file.read(_BLOCK), b""), self.name)
            if found != UTF_8:
                self.read_as, self.remark = found
                yield from self._in(found, packed)
            elif not packed:
                yield from read_text(self.path, _BLOCK, self._observe)
            else:
                yield from decoded(lambda: self._opened(packed), self.name, 0, _BLOCK, self._observe)
        except (EOFError, zlib.error) as error:
            raise DataError(f"{self.name}, after line {self._read}: the packed file is cut off or damaged.") from error
        except OSError as error:
            raise DataError(f"Cannot read {self.name}: {(error.strerror or str(error)).lower()}.") from error
        except DataError as error:
            cause = error.__cause__
            if not isinstance(cause, UnicodeDecodeError):
                raise
            line = self._read + 1 + cause.object[: cause.start].count(b"\n")
            raise DataError(f"{self.name}, line {line}: {str(error).removeprefix(self.name + ' is ')}") from error

    def _opened(self, packed: bool) -> BinaryIO:
        return BufferedReader(gzip.open(self.path)) if packed else self.path.open("rb")

    def _in(self, found: FoundEncoding, packed: bool) -> Iterator[str]:
        with self._opened(packed) as file, TextIOWrapper(file, found.name) as text:
            try:
                yield from iter(lambda: text.read(_BLOCK), "")
            except UnicodeDecodeError as error:
                raise undecoded(f"{self.name}, after line {self._read},", found, error) from None

    def _observe(self, block: bytes) -> None:
        if not self._begun:
            self._begun = True
            self.opening = "\ufeff" if block.startswith(codecs.BOM_UTF8) else ""
            self.ending = "\r\n" if b"\r\n" in block else "\n"

    def _bounded(self, number: int, line: str) -> str:
        if len(line) > self.longest:
            raise DataError(f"{self.name}, line {number}: expected at most {self.longest:,} characters in a line.")
        return line
