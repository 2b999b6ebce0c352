"""The encoding of a table, from its bytes: what a byte-order mark says, UTF-8, or what Windows wrote."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from seqloom.data.text.encoding import wide_encoding
from seqloom.errors import DataError, UsageError

__all__ = ["FoundEncoding", "checked_encoding", "find_encoding"]

_UNDEFINED: Final = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])
"""Bytes that are no character in Windows-1252."""
_CONTROLS: Final = bytes(sorted({*range(32)} - {*b"\t\n\v\f\r\x1b"}))
_WORD: Final = re.compile(rb"[\w\x80-\xff]*[\x80-\xff][\w\x80-\xff]*")


class FoundEncoding(NamedTuple):
    """An encoding as Python names it, and what to say of it: nothing where nobody would doubt it."""

    name: str
    remark: str = ""


def checked_encoding(name: str) -> str:
    """The name of an encoding; UsageError where Python knows none that is called so.

    >>> checked_encoding("Latin-1")
    'Latin-1'
    """
    try:
        codecs.lookup(name)
        "".encode(name)
    except (LookupError, ValueError):
        raise UsageError(f"encoding: expected one that Python knows (utf-8, cp1252, …), got {name!r}.") from None
    return name


def find_encoding(blocks: Iterable[bytes], name: str) -> FoundEncoding:
    """The encoding of a file that comes in ``blocks``, read up to where it is known.

    UTF-16 and UTF-32 by their mark or their zero bytes; UTF-8 with a mark or without; else Windows-1252 (cp1252), as
    long as all bytes are characters of it and none before were UTF-8 beyond ASCII. DataError for what is no text.

    >>> find_encoding(["caf\\u00e9,1".encode("cp1252")], "x.csv").remark
    "x.csv is not UTF-8; read as cp1252 (it has 'café'). --encoding says otherwise."
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    failed: bytes | None = None
    read, beyond, windows = 0, False, True
    for number, block in enumerate(blocks):
        if not number:
            wide = wide_encoding(block[: 1 << 12])
            if wide is not None:
                return FoundEncoding(wide.name.lower().replace("le", "-le").replace("be", "-be"))
            if block.startswith(codecs.BOM_UTF8):
                return FoundEncoding("utf-8-sig")
        if block.translate(None, _CONTROLS) != block:
            place = next(place for place, byte in enumerate(block) if byte in _CONTROLS)
            raise DataError(f"{name} is no text: byte 0x{block[place]:02x} at offset {read + place}.")
        if failed is None:
            try:
                beyond |= not decoder.decode(block).isascii()
            except UnicodeDecodeError as error:
                failed = _WORD.findall(block)[0] if _WORD.search(block) else b""
                place = read + error.start
                if beyond or not error.object[: error.start].isascii():
                    raise DataError(
                        f"{name} is UTF-8 up to offset {place}, where byte 0x{error.object[error.start]:02x} is none "
                        "of it. Say how to read it: --encoding cp1252, utf-8, …"
                    ) from error
        windows = windows and block.translate(None, _UNDEFINED) == block
        read += len(block)
    if failed is None:
        return FoundEncoding("utf-8")
    if not windows:
        raise DataError(f"{name} is neither UTF-8 nor cp1252. Say what it is: --encoding cp1251, shift-jis, …")
    word = failed.decode("cp1252", "replace")[:20]
    return FoundEncoding("cp1252", f"{name} is not UTF-8; read as cp1252 (it has {word!r}). --encoding says otherwise.")
