"""Compiled objects on disk, by the hash of what they were compiled from.

The key covers the LLVM code itself, the machine and LLVM's version, so nothing stale can be found. The directory
belongs to the user alone; objects appear whole (written beside, then renamed); the oldest go when there are too many.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

__all__ = ["directory", "load", "store"]

MAXIMUM_FILES = 512
MAXIMUM_BYTES = 64 << 20
DIGEST = hashlib.sha256
VARIABLE = "SEQLOOM_KERNEL_CACHE"


def directory() -> Path | None:
    """Where objects are kept, or None where no directory can be trusted: it must be ours and closed to others."""
    chosen = os.environ.get(VARIABLE)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    path = Path(chosen) if chosen else Path(base) / "seqloom" / "kernels"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError:
        return None
    if not stat.S_ISDIR(found.st_mode):
        return None
    if os.name == "posix" and (found.st_uid != os.getuid() or found.st_mode & 0o077):
        return None
    return path


def load(key: str) -> bytes | None:
    """The object stored under ``key``, if it is there and whole."""
    place = directory()
    if place is None:
        return None
    try:
        content = (place / key).read_bytes()
    except OSError:
        return None
    size = DIGEST().digest_size
    if len(content) <= size or DIGEST(content[size:]).digest() != content[:size]:
        return None
    return content[size:]


def store(key: str, content: bytes) -> None:
    """Keep an object; where that is not possible, it is compiled again next time."""
    place = directory()
    if place is None:
        return
    try:
        with tempfile.NamedTemporaryFile(dir=place, delete=False) as file:
            file.write(DIGEST(content).digest() + content)
        os.replace(file.name, place / key)
        _prune(place)
    except OSError:
        return


def _prune(place: Path) -> None:
    """Remove the objects written longest ago, beyond the limits; a file without its digest in front is not ours."""
    found = [(path.lstat(), path) for path in place.iterdir()]
    objects = [(status, path) for status, path in found if stat.S_ISREG(status.st_mode)]
    total = 0
    for count, (status, path) in enumerate(sorted(objects, key=lambda pair: -pair[0].st_mtime)):
        total += status.st_size
        if count >= MAXIMUM_FILES or total > MAXIMUM_BYTES:
            _remove_object(path)


def _remove_object(path: Path) -> None:
    with path.open("rb") as file:
        digest = file.read(DIGEST().digest_size)
        ours = hashlib.file_digest(file, DIGEST).digest() == digest
    if ours:
        path.unlink(missing_ok=True)
