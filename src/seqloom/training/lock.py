"""One run in one directory: a lock that the system lets go of when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from seqloom.errors import UsageError

__all__ = ["LOCK", "RunLock"]

LOCK = ".lock"


class RunLock:
    """The right to write into a run directory, held until ``release`` or the end of the process.

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
        self._descriptor: int | None = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(self._descriptor)
        except OSError:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace") if os.name != "nt" else ""
            self.release()
            raise UsageError(
                f"{directory} is in use by another run (process {holder or 'unknown'})."
                " Wait for it, or choose another directory."
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, str(os.getpid()).encode())

    def release(self) -> None:
        """Let others in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
