"""Read back a directory that ``write_directory`` wrote, trusting nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from seqloom.errors import ModelFileError

__all__ = ["FORMAT", "FORMAT_VERSION", "MANIFEST", "read_directory"]

FORMAT = "seqloom"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PICKLES = (".bin", ".ckpt", ".joblib", ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth")
_MOST_MANIFEST_BYTES = 1 << 20
_MOST_FILES = 64


def read_directory(path: Path) -> dict[str, bytes]:
    """Return the files of a directory by name (the manifest left out), each proven to be what was written.

    Raises ``ModelFileError`` naming the file and the reason for one that is missing, cut short, damaged, foreign,
    from a newer version, not listed, a symbolic link, a pickle, or named outside the directory.

    >>> import tempfile
    >>> read_directory(Path(tempfile.mkdtemp()))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    seqloom.errors.ModelFileError: ...: not a seqloom model directory, it has no manifest.json.
    """
    present = _listing(path)
    for name in present:
        if name.lower().endswith(_PICKLES):
            raise _refusal(path, f"{name} looks like a pickle, which could run code; seqloom never reads one")
    if MANIFEST not in present:
        raise _refusal(path, f"not a seqloom model directory, it has no {MANIFEST}")
    listed = _listed_files(path, present[MANIFEST])
    for name in listed:
        if name not in present:
            raise _refusal(path, f"{name} is missing")
    if unlisted := sorted(set(present) - set(listed) - {MANIFEST}):
        raise _refusal(path, f"{unlisted[0]} is not listed in {MANIFEST}; move it elsewhere")
    return {name: _proven(path, name, present[name], entry) for name, entry in listed.items()}


def _refusal(path: Path, reason: str) -> ModelFileError:
    return ModelFileError(f"{path}: {reason}.")


def _listing(path: Path) -> dict[str, int]:
    """Return name → size of a directory that holds plain files only."""
    try:
        with os.scandir(path) as entries:
            found = {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
    except FileNotFoundError:
        raise _refusal(path, "no such model directory") from None
    except NotADirectoryError:
        raise _refusal(path, "expected a model directory, got a file") from None
    except OSError as error:
        raise _refusal(path, f"cannot be read ({error.strerror})") from error
    if MANIFEST not in found and any(stat.S_ISDIR(status.st_mode) for status in found.values()):
        raise _refusal(path, f"not a seqloom model directory, it has no {MANIFEST}")
    for name, status in found.items():
        if stat.S_ISLNK(status.st_mode):
            raise _refusal(path, f"{name} is a symbolic link; a model directory holds plain files only")
        if not stat.S_ISREG(status.st_mode):
            raise _refusal(path, f"{name} is not a plain file")
    return {name: status.st_size for name, status in found.items()}


def _listed_files(path: Path, size: int) -> dict[str, dict[str, Any]]:
    if size > _MOST_MANIFEST_BYTES:
        raise _refusal(path, f"{MANIFEST} has {size:,} bytes, more than any manifest")
    try:
        manifest = json.loads(_read(path / MANIFEST, size))
    except (ValueError, RecursionError):
        raise _refusal(path, f"{MANIFEST} is damaged, it is not JSON") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _refusal(path, f"{MANIFEST} was not written by seqloom")
    version = manifest.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise _refusal(path, f"{MANIFEST} is damaged, its version is {version!r}")
    if version > FORMAT_VERSION:
        raise _refusal(
            path,
            f"{MANIFEST} has format version {version}, this seqloom reads up to {FORMAT_VERSION};"
            " install a newer seqloom",
        )
    files = manifest.get("files")
    if not isinstance(files, dict) or not 0 < len(files) <= _MOST_FILES:
        raise _refusal(path, f"{MANIFEST} is damaged, it lists no files")
    for name, entry in files.items():
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise _refusal(path, f"{MANIFEST} lists {name!r}, which is not a plain file name")
        if not _is_entry(entry):
            raise _refusal(path, f"{MANIFEST} is damaged, its entry for {name} has no size and sha256")
    return files


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and type(entry.get("size")) is int
        and isinstance(entry.get("sha256"), str)
        and _SHA256.fullmatch(entry["sha256"]) is not None
    )


def _proven(path: Path, name: str, actual: int, entry: dict[str, Any]) -> bytes:
    size = entry["size"]
    if actual != size:
        verb = "cut short" if actual < size else "too long"
        raise _refusal(path, f"{name} is {verb}, it has {actual:,} of {size:,} bytes")
    content = _read(path / name, size)
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise _refusal(path, f"{name} is damaged, its sha256 is not the one in {MANIFEST}")
    return content


def _read(path: Path, size: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            return file.read(size)
    except OSError as error:
        raise _refusal(path.parent, f"{path.name} cannot be read ({error.strerror})") from error
