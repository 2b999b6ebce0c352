"""Text files, read as a stream: any size, any length of line, one chunk in memory at a time."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from seqloom.data.text.encoding import wide_encoding
from seqloom.errors import DataError, did_you_mean

__all__ = ["decoded", "no_such_file", "read_text", "shown", "text_size"]

_HEAD = 1 << 12
_NEIGHBOURS = 1000
_SHOWN = 100


def read_text(
    path: Path | str, chunk: int = 1 << 20, observe: Callable[[bytes], None] | None = None, name: str = ""
) -> Iterator[str]:
    """Yield the text of a UTF-8 file in pieces of about ``chunk`` bytes.

    A byte-order mark at the start is dropped; ``\\r\\n`` and ``\\r`` become ``\\n``, also where a chunk ends
    between them. ``observe`` sees every block of raw bytes, for a checksum or a progress bar. ``name`` is what messages
    call the file (default: its path).

    A file that is missing, empty, a directory, unreadable, binary, not UTF-8, or that shrinks while it is read
    raises :class:`DataError` with a message of its own; what needs no reading is checked at the call.
    """
    path = Path(path)
    return decoded(lambda: path.open("rb"), name or shown(str(path)), text_size(path), max(1, chunk), observe)


def text_size(path: Path) -> int:
    """The bytes of a text file; DataError for what :func:`read_text` refuses without reading."""
    name = shown(str(path))
    try:
        status = path.stat()
    except FileNotFoundError:
        raise DataError(no_such_file(str(path))) from None
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read {name}: {_reason(error)}") from error
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"Expected a text file, but {name} is a directory. Name one file inside it.")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(
            f"Expected a text file, but {name} is a pipe or device. It is read twice: save it to a file first, or "
            "pipe it to the command and name it -."
        )
    if status.st_size == 0:
        raise DataError(f"{name} is empty: there is nothing to read.")
    if not os.access(path, os.R_OK):
        raise DataError(f"Cannot read {name}: permission denied.")
    return status.st_size


def no_such_file(name: str) -> str:
    """What to say of a file that is not there: its name, and one in its folder that is nearly the same.

    >>> no_such_file("nowhere/letters.txt")
    'No such file: nowhere/letters.txt'
    """
    path = Path(name)
    if os.path.islink(path):
        return f"{shown(name)} is a link to {shown(os.readlink(path))}, which is not there."
    hint = ""
    if len(name) <= 2 * _SHOWN:
        with suppress(OSError, ValueError), os.scandir(path.parent) as entries:
            hint = did_you_mean(path.name, [entry.name for entry in islice(entries, _NEIGHBOURS)])
    return f"No such file: {shown(name)}" + (f".{hint}" if hint else "")


def shown(name: str) -> str:
    """A name as a message can show it: on one line, and cut short.

    >>> shown("letters.txt"), shown("one\\ntwo"), len(shown("It was a bright cold day. " * 1000))
    ('letters.txt', 'one\\\\ntwo', 121)
    """
    text = name if len(name) <= 2 * _SHOWN else f"{name[:_SHOWN]}… ({len(name):,} characters)"
    return text if text.isprintable() else repr(text)[1:-1]


def decoded(
    opened: Callable[[], BinaryIO], name: str, size: int, chunk: int, observe: Callable[[bytes], None] | None
) -> Iterator[str]:
    """The same for what ``opened`` opens, which has ``size`` bytes."""
    try:
        with opened() as file:
            offset = 0
            pending = b""
            return_held = False
            some_text = False
            begun = False
            while True:
                block = file.read(chunk)
                zero = block.find(b"\0")
                if zero >= 0:
                    raise _refusal(file, name, f"binary (zero byte at offset {offset + zero}), expected UTF-8 text.")
                if observe is not None and block:
                    observe(block)
                try:
                    text, used = codecs.utf_8_decode(pending + block, "strict", not block)
                except UnicodeDecodeError as error:
                    place = offset - len(pending) + error.start
                    raise _refusal(
                        file,
                        name,
                        f"not UTF-8: byte 0x{error.object[error.start]:02x} at offset {place} ({error.reason}). "
                        "Convert it first, for example: iconv -f LATIN1 -t UTF-8 FILE",
                    ) from error
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
                    f"{name} shrank while it was read: {size} bytes at the start, {offset} at the end. "
                    "Wait until nothing writes to it, or read a copy."
                )
            if not some_text:
                raise DataError(f"{name} is empty: there is nothing to read.")
    except OSError as error:
        raise DataError(f"Cannot read {name}: {_reason(error)}") from error


def _refusal(file: BinaryIO, name: str, otherwise: str) -> DataError:
    """Why a file cannot be read: it has another encoding that its first bytes tell, or what is said otherwise."""
    file.seek(0)
    encoding = wide_encoding(file.read(_HEAD))
    if encoding is None:
        return DataError(f"{name} is {otherwise}")
    what = f"is {encoding.name}" if encoding.marked else f"looks like {encoding.name} without a byte-order mark"
    return DataError(f"{name} {what}, expected UTF-8. Convert it: iconv -f {encoding.name} -t UTF-8 FILE")


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower() + "."
