"""What a file that is called a wav, and is none, is by its first bytes."""

from __future__ import annotations

from typing import Final

__all__ = ["HEAD", "no_sound"]

HEAD: Final = 64
"""Bytes that are looked at."""
_PACKED: Final = (
    *(b"RIFF", b"OggS", b"fLaC", b"ID3", b"FORM", b"caff", b".snd", b"#!AMR", b"\x1aE\xdf\xa3", b"MAC ", b"wvpk"),
    *(b"\xff\xfa", b"\xff\xfb", b"\xff\xf2", b"\xff\xf3", b"\xff\xf1", b"\xff\xf9", b"0&\xb2u"),
)
"""How files begin whose sound a converter finds; MP4 says so after four bytes."""
_SHOWN: Final = 20


def no_sound(head: bytes) -> str | None:
    """Why a file with this head is no sound of any kind, as the end of a sentence; None where it may be one.

    >>> no_sound(b"<!DOCTYPE html>")
    "but a text that begins '<!DOCTYPE html>'"
    >>> no_sound(bytes(8)), no_sound(b"OggS")
    ('for it begins with the bytes 00 00 00 00', None)
    """
    if head.startswith(_PACKED) or head[4:8] == b"ftyp":
        return None
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = head[: len(head) // 2 * 2 if encoding == "utf-16" else None].decode(encoding, "ignore")
    words = " ".join(text.split())
    if words.isprintable() and 2 * len(text.encode(encoding)) > len(head):
        return f"but a text that begins {words[:_SHOWN]!r}" if words else "but blanks"
    return f"for it begins with the bytes {head[:4].hex(' ')}"
