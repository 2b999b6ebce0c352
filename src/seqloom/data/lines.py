"""The lines of a text file with their numbers, packed by gzip or not, one in memory at a time."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final, final

from seqloom.data.text.reader import decoded, read_text, shown, text_size
from seqloom.errors import DataError

__all__ = ["Lines"]

_PACKED: Final = b"\x1f\x8b"
_BLOCK: Final = 1 << 18


@final
class Lines:
    """The lines of a UTF-8 file: iterating gives pairs of number, from 1, and line, without its end.

    DataError for a line of more than ``longest`` characters, and for what :func:`read_text` refuses. Once it is read,
    ``opening`` is the byte-order mark at its start or nothing, ``ending`` the end of its lines, ``ended`` whether its
    last line has one.
    """

    def __init__(self, path: str | Path, longest: int = 1 << 20) -> None:
        self.path, self.name, self.longest = Path(path), shown(str(path)), longest
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
            if not packed:
                yield from read_text(self.path, _BLOCK, self._observe)
            else:
                yield from decoded(self._unpacked, self.name, 0, _BLOCK, self._observe)
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

    def _unpacked(self) -> BinaryIO:
        return BufferedReader(gzip.open(self.path))

    def _observe(self, block: bytes) -> None:
        if not self._begun:
            self._begun = True
            self.opening = "\ufeff" if block.startswith(codecs.BOM_UTF8) else ""
            self.ending = "\r\n" if b"\r\n" in block else "\n"

    def _bounded(self, number: int, line: str) -> str:
        if len(line) > self.longest:
            raise DataError(f"{self.name}, line {number}: expected at most {self.longest:,} characters in a line.")
        return line
