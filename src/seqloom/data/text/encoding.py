"""What the first bytes of a file tell: another encoding of Unicode, or no text at all."""

from __future__ import annotations

import codecs
from typing import NamedTuple

__all__ = ["Encoding", "is_binary", "wide_encoding"]

_MARKS = (  # the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_MANY = 0.4
_CONTROLS = bytes(sorted({*range(32)} - {*b"\a\b\t\n\v\f\r\x1b"}))


class Encoding(NamedTuple):
    """The name of an encoding, as iconv knows it, and whether a byte-order mark says so."""

    name: str
    marked: bool


def wide_encoding(head: bytes) -> Encoding | None:
    """UTF-32 or UTF-16, by the byte-order mark, or by the zero bytes that such text has without one.

    >>> wide_encoding("tea".encode("utf-16-be"))
    Encoding(name='UTF-16BE', marked=False)
    >>> wide_encoding(b"tea")
    """
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if marked is not None:
        return Encoding(marked, True)
    even, odd = head[::2].count(0), head[1::2].count(0)
    if 2 * max(even, odd) < _MANY * len(head) or not head:
        return None
    order = "LE" if odd > even else "BE"
    names = (f"UTF-32{order}", f"UTF-16{order}")
    return next((Encoding(name, False) for name in names if _is_text(head, name)), None)


def is_binary(head: bytes) -> bool:
    """Whether a file that begins so is no text: zero bytes, or control characters in what is no UTF-8.

    >>> is_binary(b"PK\\3\\4\\0\\0"), is_binary("tea".encode("utf-16")), is_binary("thé".encode("latin-1"))
    (True, False, False)
    """
    if wide_encoding(head) is not None:
        return False
    if b"\0" in head:
        return True
    try:
        codecs.utf_8_decode(head, "strict", False)
    except UnicodeDecodeError:
        return len(head.translate(None, _CONTROLS)) < len(head)
    return False


def _is_text(head: bytes, encoding: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(text) and all(character.isprintable() or character in "\t\n\v\f\r\ufeff" for character in text)
