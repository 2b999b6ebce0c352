"""A text stream that neither fails nor waits: progress is never worth the run.

The reader of stderr may have gone (EPIPE), its disk may be full (ENOSPC), the terminal may be closed (EIO) or stopped
by Ctrl-S, and a pipe may have a reader that no longer reads. What cannot be written then is dropped; the run goes on.
"""

from __future__ import annotations

import io
import os
import select
from contextlib import suppress
from typing import TextIO

__all__ = ["Lossy", "encode", "lossy"]

_PATIENCE = 0.2
"""Seconds that a stream may take to make room; after a wait in vain none is waited for until it takes text again."""

_PIECE_OF_A_TERMINAL, _PIECE = 128, 512
"""Bytes that a stream with room takes at once: POSIX promises 512 of a pipe, and a pseudo-terminal has 256 or none."""

_PLAIN = str.maketrans({"–": "-", "—": "-", "…": "...", "→": "->", "·": "|", "×": "x", "−": "-", "≤": "<=", "≥": ">="})


def encode(text: str, encoding: str) -> bytes:
    r"""Encode words for people, which no encoding can make fail: signs become plain ones, other characters escapes.

    >>> encode("1–9 … ü", "ascii"), encode("1–9 … ü", "utf-8").decode()
    (b'1-9 ... \\xfc', '1–9 … ü')
    """
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "backslashreplace")


def lossy(stream: TextIO | Lossy | None) -> Lossy:
    """Return ``stream`` as one that neither fails nor waits; None is a stream that was closed at the start.

    >>> print("to nobody", file=lossy(None))
    """
    return stream if isinstance(stream, Lossy) else Lossy(stream)


class Lossy(io.TextIOBase):
    """Writes to ``stream`` what that takes now, and drops the rest."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._stalled = self._torn = False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        try:
            return self._stream is not None and self._stream.isatty()
        except (OSError, ValueError):
            return False

    def fileno(self) -> int:
        return super().fileno() if self._stream is None else self._stream.fileno()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Write what can be written; the answer is always that all was."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._write(self._stream, text)
        return len(text)

    def _write(self, stream: TextIO, text: str) -> None:
        descriptor, content = _descriptor(stream), encode("\n" * self._torn + text, self.encoding)
        if descriptor is None:
            stream.write(content.decode(self.encoding))
            stream.flush()
            return
        piece = _PIECE_OF_A_TERMINAL if os.isatty(descriptor) else _PIECE
        while content and self._has_room(descriptor):
            content = content[os.write(descriptor, content[:piece]) :]
            self._torn = bool(content)

    def _has_room(self, descriptor: int) -> bool:
        self._stalled = not select.select((), (descriptor,), (), 0 if self._stalled else _PATIENCE)[1]
        return not self._stalled


def _descriptor(stream: TextIO) -> int | None:
    """The descriptor to write to; None where text must go through the stream: one made by a program, or on Windows."""
    if os.name == "nt" or not isinstance(stream, io.TextIOWrapper):
        return None
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return None
