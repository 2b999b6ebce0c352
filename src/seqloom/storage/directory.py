"""Directories that appear all at once, or not at all, and prove that they are whole.

``write_directory`` writes beside the target, syncs, and renames; ``read_directory`` trusts nothing that the
manifest does not list, byte for byte. A power cut, a full disk or ``kill -9`` leaves the old directory as it was,
and what seqloom did not write is never replaced.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from seqloom.errors import StorageError, UsageError
from seqloom.links import is_link
from seqloom.storage.exchange import exchange
from seqloom.storage.manifest import MANIFEST, make_manifest
from seqloom.storage.ownership import described, foreign, is_directory, remove, stamps
from seqloom.storage.reading import mode_of, read_directory
from seqloom.storage.temporary import temporary_beside

__all__ = ["MANIFEST", "read_directory", "storage_error", "write_directory", "write_file"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def write_directory(target: Path, files: Mapping[str, bytes]) -> None:
    """Write a directory of files with a manifest, replacing one that is empty or wholly seqloom's.

    Raises ``UsageError`` naming what is in the way: files that seqloom did not write or that were edited since, a
    file, a link, the working directory, the home directory. Raises ``StorageError`` where the system refuses.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "model"
    >>> write_directory(path, {"config.json": b"{}"})
    >>> sorted(os.listdir(path))
    ['config.json', 'manifest.json']
    """
    # The manifest comes first, so that a half-written directory is known as ours.
    contents = {MANIFEST: make_manifest(files)} | dict(files)
    needed = sum(map(len, contents.values()))
    target = target.absolute()
    beside = temporary_beside(target)
    try:
        _check_place(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.mkdir(beside)
            for name, content in contents.items():
                write_file(beside / name, content)
            _sync_directory(beside)
            _put_in_place(beside, target)
        finally:
            with contextlib.suppress(OSError):
                remove(beside)
        _sync_directory(target.parent)
        if appeared := foreign(beside):
            raise UsageError(
                f"{target} is written. Meanwhile {described(appeared)} appeared in the directory that it replaced,"
                f" which is kept as {beside}."
            )
    except OSError as error:
        raise storage_error(error, target, needed) from error


def write_file(path: Path, content: bytes) -> None:
    """Write a file that is whole or absent, replacing one of that name."""
    beside = temporary_beside(path)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def storage_error(error: OSError, target: Path, needed: int = 0) -> StorageError:
    """Return the error that names the path, the bytes needed and free, and what to do."""
    reason = error.strerror or str(error)
    sizes = [f"it needs {needed:,} bytes"] if needed else []
    with contextlib.suppress(OSError):
        sizes.append(f"{_free(target):,} bytes are free")
    known = f" ({', '.join(sizes)})" if sizes else ""
    if error.errno in _FULL:
        advice = "Free some space, or choose a directory on another disk."
    elif error.errno in _FORBIDDEN:
        advice = "Choose a directory that can be written."
    else:
        advice = "Check the path and the disk."
    return StorageError(f"Cannot write {target}: {reason}{known}. What was saved before is still good. {advice}")


def _free(target: Path) -> int:
    while not target.exists() and target != target.parent:
        target = target.parent
    return shutil.disk_usage(target).free


def _check_place(target: Path) -> None:
    """Raise ``UsageError`` where a directory must not be put, whatever is in it."""
    if not mode_of(target):
        return
    if not is_directory(target):
        kind = "a link" if is_link(target) else "a file"
        raise UsageError(f"{target} is {kind}, which is not replaced by a directory. Choose another name.")
    for place, words in ((".", "the working directory"), (os.path.expanduser("~"), "your home directory")):
        with contextlib.suppress(OSError):
            if Path(place).resolve().is_relative_to(target.resolve()):
                raise UsageError(f"{target} is {words}, or holds it, and is not replaced. Name a new directory.")


def _refuse_foreign(target: Path, names: list[str]) -> None:
    if names:
        raise UsageError(
            f"{target} is not replaced: it holds what seqloom did not write, or what was changed since:"
            f" {described(names)}. Move that elsewhere, or choose another directory."
        )


def _put_in_place(beside: Path, target: Path) -> None:
    """Give ``beside`` the name ``target``; what had that name takes the temporary one, or stays where it is."""
    if not mode_of(target):
        os.rename(beside, target)
        return
    before = stamps(target)
    if before:
        _refuse_foreign(target, foreign(target))
    if not os.access(target, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    os.chmod(beside, stat.S_IMODE(mode_of(target)))
    _swap(beside, target)
    if stamps(beside) != before:
        _swap(beside, target)
        _refuse_foreign(target, foreign(target) or [target.name])


def _swap(beside: Path, target: Path) -> None:
    if exchange(beside, target):
        return
    old = temporary_beside(target)
    os.rename(target, old)
    try:
        os.rename(beside, target)
    except OSError:
        os.rename(old, target)
        raise
    os.rename(old, beside)


def _sync_directory(path: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
