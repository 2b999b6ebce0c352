"""A whole text file in memory, whatever its encoding: the one that is said, or the one that is found."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from seqloom.data.tables.encodings import FoundEncoding, checked_encoding, find_encoding
from seqloom.data.text.reader import read_text, shown, text_size
from seqloom.errors import DataError

__all__ = ["UTF_8", "Decoded", "decoded_file", "said_or_found", "undecoded"]

UTF_8: Final = FoundEncoding("utf-8")


class Decoded(NamedTuple):
    """A text, its lines ending in ``\\n``, and how it was encoded."""

    text: str
    encoding: FoundEncoding = UTF_8


def said_or_found(encoding: str | None, blocks: Iterable[bytes], name: str) -> FoundEncoding:
    """The encoding that is said, or else the one of a file that comes in ``blocks``.

    Where nothing but UTF-8 is possible, faults are left to whoever reads it. UsageError for a name that Python does not
    know.
    """
    if encoding is not None:
        return FoundEncoding(checked_encoding(encoding))
    try:
        found = find_encoding(blocks, name)
    except DataError:
        return UTF_8
    return UTF_8 if found.name.startswith("utf-8") else found


def decoded_file(path: Path, encoding: str | None = None) -> Decoded:
    """The text of a file: UTF-8, or what a byte-order mark says, or Windows-1252, unless its ``encoding`` is said.

    Raises DataError for a file that cannot be read, or not so; UsageError for an encoding that Python does not know.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.txt").write_bytes("déjà\\r\\nvu".encode("cp1252"))
    ...     decoded_file(Path(folder, "a.txt")).text
    'déjà\\nvu'
    """
    text_size(path)
    name = shown(str(path))
    found = said_or_found(encoding, iter([path.read_bytes()]), name)
    if found == UTF_8:
        return Decoded("".join(read_text(path)))
    try:
        text = path.read_bytes().decode(found.name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise undecoded(name, found, error) from None
    return Decoded(text.replace("\r\n", "\n").replace("\r", "\n"), found)


def undecoded(where: str, encoding: FoundEncoding, error: UnicodeDecodeError) -> DataError:
    """What to say where bytes are none of an encoding."""
    return DataError(
        f"{where} is not {encoding.name}: byte 0x{error.object[error.start]:02x} is none of it. Say how to read it: "
        "--encoding cp1252, utf-8, …"
    )
