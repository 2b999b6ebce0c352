"""Text files, read as a stream: any size, any length of line, one chunk in memory at a time."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from seqloom.errors import DataError

__all__ = ["read_text"]

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path | str, chunk: int = 1 << 20, observe: Callable[[bytes], None] | None = None) -> Iterator[str]:
    """Yield the text of a UTF-8 file in pieces of about ``chunk`` bytes.

    A byte-order mark at the start is dropped; ``\\r\\n`` and ``\\r`` become ``\\n``, also where a chunk ends
    between them. ``observe`` sees every block of raw bytes, for a checksum or a progress bar.

    A file that is missing, empty, a directory, unreadable, binary, not UTF-8, or that shrinks while it is read
    raises :class:`DataError` with a message of its own; what needs no reading is checked at the call.
    """
    path = Path(path)
    size = _checked_size(path)
    return _stream(path, size, max(1, chunk), observe)


def _checked_size(path: Path) -> int:
    try:
        status = path.stat()
    except FileNotFoundError:
        raise DataError(f"No such file: {path}") from None
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read {path}: {_reason(error)}") from error
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"Expected a text file, but {path} is a directory. Name one file inside it.")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(
            f"Expected a text file, but {path} is a pipe or device. It is read twice: save it to a file first."
        )
    if status.st_size == 0:
        raise DataError(f"{path} is empty: there is nothing to learn from.")
    if not os.access(path, os.R_OK):
        raise DataError(f"Cannot read {path}: permission denied.")
    return status.st_size


def _stream(path: Path, size: int, chunk: int, observe: Callable[[bytes], None] | None) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            offset = 0
            pending = b""
            return_held = False
            some_text = False
            begun = False
            while True:
                block = file.read(chunk)
                if offset == 0 and block.startswith(_UTF16_MARKS):
                    raise DataError(f"{path} is UTF-16, expected UTF-8. Convert it: iconv -f UTF-16 -t UTF-8 FILE")
                zero = block.find(b"\0")
                if zero >= 0:
                    raise DataError(f"{path} is binary (zero byte at offset {offset + zero}), expected UTF-8 text.")
                if observe is not None and block:
                    observe(block)
                text, used = _decode(pending + block, offset - len(pending), final=not block, path=path)
                pending = (pending + block)[used:]
                if text and not begun:
                    begun = True
                    text = text.removeprefix("\ufeff")
                offset += len(block)
                if return_held:
                    text = "\r" + text
                return_held = text.endswith("\r") and bool(block)
                if return_held:
                    text = text[:-1]
                if "\r" in text:
                    text = text.replace("\r\n", "\n").replace("\r", "\n")
                if text:
                    some_text = True
                    yield text
                if not block:
                    break
            if offset < size:
                raise DataError(
                    f"{path} shrank while it was read: {size} bytes at the start, {offset} at the end. "
                    "Wait until nothing writes to it, or read a copy."
                )
            if not some_text:
                raise DataError(f"{path} is empty: there is nothing to learn from.")
    except OSError as error:
        raise DataError(f"Cannot read {path}: {_reason(error)}") from error


def _decode(data: bytes, offset: int, final: bool, path: Path) -> tuple[str, int]:
    try:
        return codecs.utf_8_decode(data, "strict", final)
    except UnicodeDecodeError as error:
        place = offset + error.start
        raise DataError(
            f"{path} is not UTF-8: byte 0x{data[error.start]:02x} at offset {place} ({error.reason}). "
            "Convert it first, for example: iconv -f LATIN1 -t UTF-8 FILE"
        ) from error


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower() + "."
