"""Read back a directory that ``write_directory`` wrote, trusting nothing.

Only the names that the manifest lists are ever opened. What else lies there (``.DS_Store``, notes, folders, links) is
a person's, and does not matter. README.md is for people: edited, converted or gone, it is left out of the result.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqloom.errors import ModelFileError
from seqloom.storage.manifest import MANIFEST, MOST_MANIFEST_BYTES, listed_files

__all__ = [
    "README",
    "check_content",
    "check_manifest_size",
    "check_size",
    "is_model",
    "is_plain",
    "listed",
    "mode_of",
    "read_directory",
    "read_plain",
    "refusal",
]

README = "README.md"


def read_directory(path: Path) -> dict[str, bytes]:
    """Return the files of a directory by name (the manifest left out), each proven to be what was written.

    Raises ``ModelFileError`` naming the file and the reason for one that is missing, cut short, damaged, a symbolic
    link, a pickle, or named outside the directory, and for a manifest that is foreign or from a newer version.

    >>> import tempfile
    >>> read_directory(Path(tempfile.mkdtemp()))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    seqloom.errors.ModelFileError: ...: not a seqloom model directory, it has no manifest.json.
    """
    try:
        names = set(os.listdir(path))
    except FileNotFoundError:
        raise refusal(path, "no such model directory") from None
    except NotADirectoryError:
        raise refusal(path, "expected a model directory, got a file") from None
    except OSError as error:
        raise refusal(path, f"cannot be read ({error.strerror})") from error
    if MANIFEST not in names:
        raise refusal(path, f"not a seqloom model directory, it has no {MANIFEST}")
    found = {}
    for name, entry in _listed(path).items():
        try:
            found[name] = _proven(path, name, entry)
        except ModelFileError:
            if name != README:
                raise
    return found


def is_model(path: Path) -> bool:
    """Whether a directory has a manifest of seqloom, so that it is a model rather than a run.

    >>> is_model(Path("nowhere"))
    False
    """
    try:
        return bool(_listed(path))
    except ModelFileError:
        return False


def read_plain(path: Path, size: int) -> bytes:
    """Return at most ``size`` bytes of a file, never through a link; raise ``OSError`` where it cannot be read."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:
        return file.read(size)


def mode_of(path: Path) -> int:
    """Return the kind and permissions of what has a name itself, 0 where nothing has it.

    ``os.path.lexists`` and its kin take every error for an absence; here a disk that fails is not an empty place.
    """
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def is_plain(path: Path) -> bool:
    """Whether a path is a plain file, not a link to one."""
    return stat.S_ISREG(mode_of(path))


def refusal(path: Path, reason: str) -> ModelFileError:
    """The error of a model that cannot be read."""
    return ModelFileError(f"{path}: {reason}.")


def check_size(path: Path, name: str, actual: int, entry: Mapping[str, Any]) -> None:
    """Raise ``ModelFileError`` unless a file has as many bytes as its entry in the manifest says."""
    size = entry["size"]
    if actual != size:
        verb = "cut short" if actual < size else "too long"
        raise refusal(path, f"{name} is {verb}, it has {actual:,} of {size:,} bytes")


def check_manifest_size(path: Path, size: int) -> None:
    """Raise ``ModelFileError`` for more bytes than any manifest has."""
    if size > MOST_MANIFEST_BYTES:
        raise refusal(path, f"{MANIFEST} has {size:,} bytes, more than any manifest")


def listed(path: Path, manifest: bytes) -> dict[str, dict[str, Any]]:
    """The entries of a manifest; ``ModelFileError`` for one that cannot be used."""
    try:
        return listed_files(manifest)
    except ModelFileError as error:
        raise refusal(path, str(error)) from None


def check_content(path: Path, name: str, content: bytes, entry: Mapping[str, Any]) -> None:
    """Raise ``ModelFileError`` unless the bytes of a file are those that were written."""
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise refusal(path, f"{name} is damaged, its sha256 is not the one in {MANIFEST}")


def _listed(path: Path) -> dict[str, dict[str, Any]]:
    size = _size(path, MANIFEST)
    check_manifest_size(path, size)
    return listed(path, _read(path, MANIFEST, size))


def _proven(path: Path, name: str, entry: dict[str, Any]) -> bytes:
    check_size(path, name, _size(path, name), entry)
    content = _read(path, name, entry["size"])
    check_content(path, name, content, entry)
    return content


def _size(path: Path, name: str) -> int:
    """The size of a plain file."""
    try:
        status = os.lstat(path / name)
    except FileNotFoundError:
        raise refusal(path, f"{name} is missing") from None
    except OSError as error:
        raise refusal(path, f"{name} cannot be read ({error.strerror})") from error
    if stat.S_ISLNK(status.st_mode):
        raise refusal(path, f"{name} is a symbolic link; the files of a model are plain files")
    if not stat.S_ISREG(status.st_mode):
        raise refusal(path, f"{name} is not a plain file")
    return status.st_size


def _read(path: Path, name: str, size: int) -> bytes:
    try:
        return read_plain(path / name, size)
    except OSError as error:
        raise refusal(path, f"{name} cannot be read ({error.strerror})") from error
