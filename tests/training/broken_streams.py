"""Streams that fail in every way that the reader of a pipe, a disk or a terminal can make them fail."""

from __future__ import annotations

import os
import pty
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO


class Stream:
    """A text stream over a descriptor, and the other end of it."""

    def __init__(self, ends: tuple[int, int]) -> None:
        self.reader: int | None = ends[0]
        self.writer: TextIO = os.fdopen(ends[1], "w", encoding="utf-8", errors="backslashreplace")

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_reader()
        with suppress(OSError):
            self.writer.close()

    def close_reader(self) -> None:
        if self.reader is not None:
            os.close(self.reader)
        self.reader = None

    def waiting(self) -> bytes:
        """What can be read without waiting."""
        assert self.reader is not None
        os.set_blocking(self.reader, False)
        found = b""
        with suppress(OSError):
            while piece := os.read(self.reader, 1 << 16):
                found += piece
        os.set_blocking(self.reader, True)
        return found


def pipe() -> Stream:
    return Stream(os.pipe())


def terminal() -> Stream:
    return Stream(pty.openpty())


def closes(stream: Stream) -> None:
    """The reader goes: EPIPE of a pipe, EIO of a terminal."""
    stream.close_reader()


def hangs(stream: Stream) -> None:
    """The reader reads no more, and what lies between is full to the last byte."""
    descriptor = stream.writer.fileno()
    os.set_blocking(descriptor, False)
    with suppress(BlockingIOError):
        while os.write(descriptor, b"#" * 4096):
            pass
    with suppress(BlockingIOError):
        while os.write(descriptor, b"#"):
            pass
    os.set_blocking(descriptor, True)


def fills(stream: Stream) -> None:
    """The disk is full."""
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, stream.writer.fileno())
    os.close(full)


def pauses(stream: Stream) -> None:
    """Ctrl-S on a terminal."""
    termios.tcflow(stream.writer.fileno(), termios.TCOOFF)


def vanishes(stream: Stream) -> None:
    """The program itself closes the stream."""
    stream.writer.close()


Fault = tuple[Callable[[], Stream], Callable[[Stream], None]]

FAULTS: dict[str, Fault] = {
    "the reader of a pipe goes": (pipe, closes),
    "the reader of a pipe sleeps": (pipe, hangs),
    "the disk is full": (pipe, fills),
    "the terminal is closed": (terminal, closes),
    "the terminal sleeps": (terminal, hangs),
    "the terminal is paused": (terminal, pauses),
    "the stream is closed": (pipe, vanishes),
}
