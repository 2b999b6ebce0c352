"""One run in one directory: a lock that the system lets go of when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from pathlib import Path

from seqloom.errors import UsageError
from seqloom.training.reading import is_plain, read_plain

__all__ = ["LOCK", "RunLock", "has_lock"]

LOCK = ".lock"
_HOLDER = re.compile(rb"seqloom (\d+)")
_OURS = re.compile(rb"|\d+|seqloom \d+")  # empty: killed before it wrote; a bare number: written by early versions
_LONGEST = 40


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
        self._descriptor: int | None = None
        self._descriptor, new = _open(directory / LOCK)
        try:
            _lock(self._descriptor)
        except OSError:
            found = None if os.name == "nt" else _HOLDER.fullmatch(os.pread(self._descriptor, _LONGEST, 0))
            self.release()
            raise UsageError(
                f"{directory} is in use by another run (process {found[1].decode() if found else 'unknown'})."
                " Wait for it, or choose another directory."
            ) from None
        if new or _HOLDER.fullmatch(os.read(self._descriptor, _LONGEST)):
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, f"seqloom {os.getpid()}".encode())

    def release(self) -> None:
        """Let others in."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None


def has_lock(directory: Path) -> bool:
    """Whether a directory holds what looks like a lock of ours, and so was a run's before its first checkpoint."""
    path = directory / LOCK
    return is_plain(path) and _OURS.fullmatch(read_plain(path, _LONGEST)) is not None


def _open(path: Path) -> tuple[int, bool]:
    """Open a lock file, and tell whether it is new."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666), True
    except FileExistsError:
        if not is_plain(path):
            raise UsageError(f"{path} is no plain file, so the run cannot be locked. Move it elsewhere.") from None
        return os.open(path, flags), False


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
