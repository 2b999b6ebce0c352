"""Directories that appear all at once, or not at all, and prove that they are whole.

``write_directory`` writes beside the target, syncs, and renames; ``read_directory`` trusts nothing that the
manifest does not list, byte for byte. A power cut, a full disk or ``kill -9`` leaves the old directory as it was.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import platform
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch

import seqloom
from seqloom.errors import StorageError
from seqloom.training.exchange import exchange
from seqloom.training.reading import FORMAT, FORMAT_VERSION, MANIFEST, read_directory

__all__ = ["MANIFEST", "TEMPORARY", "read_directory", "storage_error", "write_directory"]

TEMPORARY = ".tmp-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def write_directory(target: Path, files: Mapping[str, bytes]) -> None:
    """Write a directory of files with a manifest, replacing one that exists.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "model"
    >>> write_directory(path, {"config.json": b"{}"})
    >>> sorted(os.listdir(path))
    ['config.json', 'manifest.json']
    """
    contents = dict(files) | {MANIFEST: _manifest(files)}
    needed = sum(map(len, contents.values()))
    target = target.absolute()
    beside = target.parent / f"{TEMPORARY}{target.name}-{secrets.token_hex(4)}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.mkdir()
        for name, content in contents.items():
            _write_file(beside / name, content)
        _sync_directory(beside)
        _put_in_place(beside, target)
        _sync_directory(target.parent)
    except OSError as error:
        raise storage_error(error, target, needed) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def storage_error(error: OSError, target: Path, needed: int = 0) -> StorageError:
    """Return the error that names the path, the bytes needed and free, and what to do."""
    reason = error.strerror or str(error)
    sizes = f" (it needs {needed:,} bytes{_free(target)})" if needed else ""
    if error.errno in _FULL:
        advice = "Free some space, or choose a directory on another disk."
    elif error.errno in _FORBIDDEN:
        advice = "Choose a directory that can be written."
    else:
        advice = "Check the path and the disk."
    return StorageError(f"Cannot write {target}: {reason}{sizes}. What was saved before is still good. {advice}")


def _free(target: Path) -> str:
    while not target.exists() and target != target.parent:
        target = target.parent
    with contextlib.suppress(OSError):
        return f", {shutil.disk_usage(target).free:,} are free"
    return ""


def _manifest(files: Mapping[str, bytes]) -> bytes:
    listing = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()
    }
    versions = {"seqloom": seqloom.__version__, "torch": torch.__version__, "python": platform.python_version()}
    manifest = {"format": FORMAT, "version": FORMAT_VERSION, "files": listing, "versions": versions}
    return json.dumps(manifest, indent=2).encode() + b"\n"


def _write_file(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_directory(path: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put_in_place(beside: Path, target: Path) -> None:
    """Give ``beside`` the name ``target``; what had that name takes the temporary one, and is deleted later."""
    if not os.path.lexists(target):
        os.rename(beside, target)
    elif not exchange(beside, target):
        old = beside.with_name(beside.name + "-old")
        os.rename(target, old)
        try:
            os.rename(beside, target)
        except OSError:
            os.rename(old, target)
            raise
        shutil.rmtree(old, ignore_errors=True)
