"""A file for this process alone: private, read as often as needed, and gone with the process, however that ends."""

from __future__ import annotations

import errno
import io
import mmap
import os
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, final

from seqloom.errors import StorageError

__all__ = ["Unnamed"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@final
class Unnamed:
    """A file in ``folder`` (None: where temporary files go) that is written once, then read; messages call it ``what``.

    On Linux and macOS it has no name, so nothing of it is left even after ``kill -9``. On Windows it has one, and the
    system deletes it with its last handle, which a process that ends closes. It takes the room of its folder: memory,
    where that is a tmpfs.

    >>> with Unnamed("the text", None) as file:
    ...     file.write(b"one")
    ...     file.open().read(), file.open().read()
    (b'one', b'one')
    """

    def __init__(self, what: str, folder: Path | None) -> None:
        self._what, self._folder = what, folder
        self.size = 0
        try:
            self._file = tempfile.TemporaryFile(dir=folder, buffering=1 << 20)  # noqa: SIM115 (closed by __exit__)
        except OSError as error:
            raise self._refused(error) from error
        weakref.finalize(self, self._file.close)  # where it is kept beyond a block, as long as somebody reads it

    def write(self, block: bytes | memoryview) -> None:
        """Append a block; raise ``StorageError`` where the disk refuses."""
        try:
            self._file.write(block)
        except OSError as error:
            raise self._refused(error) from error
        self.size += memoryview(block).nbytes

    def flush(self) -> None:
        """Let what was written be seen by those who read; raise ``StorageError`` where the disk refuses."""
        try:
            self._file.flush()
        except OSError as error:
            raise self._refused(error) from error

    def map(self) -> mmap.mmap:
        """All that was written, at least one byte, as memory that outlives the file."""
        self.flush()
        try:
            return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise self._refused(error) from error

    def at(self, offset: int, size: int) -> bytes:
        """The ``size`` bytes from ``offset`` on; unlike :meth:`map`, they are not kept in memory."""
        self.flush()
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), size, offset)
        self._file.seek(offset)
        return bytes(self._file.read(size))

    def open(self, mode: str = "rb") -> BinaryIO:
        """Read from the start, whoever else reads: each reader has a place of its own."""
        assert mode == "rb"
        self.flush()
        return io.BufferedReader(_Reader(self._file))

    def __enter__(self) -> Unnamed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError as refusal:
            if error is None:
                raise self._refused(refusal) from refusal

    def _refused(self, error: OSError) -> StorageError:
        place = "a temporary folder" if self._folder is None else str(self._folder)
        with suppress(OSError):
            place = str(self._folder or tempfile.gettempdir())
        advice = "Set TMPDIR to a folder with room." if self._folder is None else "Choose another directory."
        if error.errno in _FULL:
            return StorageError(f"No space left in {place} for {self._what}, after {self.size:,} bytes. {advice}")
        return StorageError(f"Cannot write {self._what} in {place}: {error.strerror or error}. {advice}")


class _Reader(io.RawIOBase):
    """A place in a file that others read too."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._at = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            offset, whence = self._at + offset, os.SEEK_SET
        self._at = self._file.seek(offset, whence)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._at)
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)
