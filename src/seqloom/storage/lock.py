"""One run in one directory: a lock that the system lets go of when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from pathlib import Path

from seqloom.errors import UsageError
from seqloom.storage.reading import is_plain, mode_of, read_plain

__all__ = ["LOCK", "RunLock", "has_lock"]

LOCK = ".lock"
_HOLDER = re.compile(rb"seqloom (\d+)")
_OURS = re.compile(rb"|\d+|seqloom \d+")  # empty: killed before it wrote; a bare number: written by early versions
_LONGEST = 40
_WINDOWS = os.name == "nt"


class RunLock:
    """The right to write into a run directory, held until ``release`` or the end of the process.

    A ``.lock`` that something else wrote is locked, but not changed.

    >>> import tempfile
    >>> here = Path(tempfile.mkdtemp())
    >>> lock = RunLock(here)
    >>> RunLock(here)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: ... is in use by another run (process ...). Wait for it, or choose another directory.
    >>> lock.release()
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOCK
        self._descriptor: int | None = None
        self._made = False
        try:
            while not self._locked(directory):
                self.release()  # whoever held it has removed it meanwhile, so it keeps nobody out
        except BaseException:
            self.release(remove=True)
            raise

    def _locked(self, directory: Path) -> bool:
        """Lock the file that has the name; False where it has lost it by then."""
        self._descriptor, new = _open(self._path)
        try:
            _lock(self._descriptor)
        except OSError:
            found = None if _WINDOWS else _HOLDER.fullmatch(os.pread(self._descriptor, _LONGEST, 0))
            raise UsageError(
                f"{directory} is in use by another run (process {found[1].decode() if found else 'unknown'})."
                " Wait for it, or choose another directory."
            ) from None
        if not self._has_name():
            return False
        self._made = new
        if new or _HOLDER.fullmatch(os.read(self._descriptor, _LONGEST)):
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, self._holder())
        return True

    def release(self, *, remove: bool = False) -> None:
        """Let others in; with ``remove``, the file goes too, if this lock made it and nobody has written into it."""
        if self._descriptor is None:
            return
        goes = False
        with contextlib.suppress(OSError):
            goes = remove and self._made and self._has_name() and self._content() in (b"", self._holder())
            if goes and not _WINDOWS:
                os.unlink(self._path)  # while it is held: who opens it later makes a new one
        with contextlib.suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = None
        if goes and _WINDOWS:
            with contextlib.suppress(OSError):
                os.unlink(self._path)  # which fails there while somebody has it open

    def _holder(self) -> bytes:
        return f"seqloom {os.getpid()}".encode()

    def _content(self) -> bytes:
        assert self._descriptor is not None
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        return os.read(self._descriptor, _LONGEST)

    def _has_name(self) -> bool:
        """Whether the locked file still is the one that others would open."""
        assert self._descriptor is not None
        if _WINDOWS:
            return True
        try:
            return os.path.samestat(os.fstat(self._descriptor), os.lstat(self._path))
        except FileNotFoundError:
            return False


def has_lock(directory: Path) -> bool:
    """Whether a directory holds what looks like a lock of ours, and so was a run's before its first checkpoint."""
    path = directory / LOCK
    return is_plain(path) and _OURS.fullmatch(read_plain(path, _LONGEST)) is not None


def _open(path: Path) -> tuple[int, bool]:
    """Open a lock file, and tell whether it is new."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    while True:
        try:
            return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666), True
        except FileExistsError:
            if stat.S_IFMT(mode_of(path)) not in (0, stat.S_IFREG):
                raise UsageError(f"{path} is no plain file, so the run cannot be locked. Move it elsewhere.") from None
        with contextlib.suppress(FileNotFoundError):  # it was removed meanwhile
            return os.open(path, flags), False


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
