"""What seqloom wrote: the one question that comes before whatever is deleted or replaced.

A file is ours when the manifest beside it lists it with these very bytes, or when it bears a name of ``temporary.py``.
An unlisted file, a listed one with other bytes (a person's edit, or a damaged disk), a folder, a link: all foreign. A
directory is deleted or replaced when nothing in it is foreign, and otherwise left as it is. Links are not followed.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seqloom.errors import ModelFileError, UsageError
from seqloom.links import is_link
from seqloom.storage.manifest import MANIFEST, MOST_MANIFEST_BYTES, is_unedited, listed_files
from seqloom.storage.reading import is_plain, mode_of, read_plain
from seqloom.storage.temporary import label_of, temporary_beside

__all__ = ["check_log", "described", "foreign", "is_directory", "is_log", "remove", "say_kept", "stamps"]

_SHOWN = 5
_RECORD = b'{"step": '


def foreign(path: Path) -> list[str]:
    """Return the names in a directory that seqloom did not write, or that were changed since; none where all is ours.

    What is no directory is named itself, and so is an empty one, which could be anybody's.

    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp())
    >>> (place / "notes.txt").touch(); foreign(place)
    ['notes.txt']
    """
    if not mode_of(path):
        return []
    if not is_directory(path):
        return [] if _is_ours(path, {}) else [path.name]
    listed, names = _listed(path), sorted(os.listdir(path))
    if not names and label_of(path.name) is None:
        return [path.name]
    return [name for name in names if not _is_ours(path / name, listed)]


def remove(path: Path) -> list[str]:
    """Delete a file or directory where all of it is seqloom's; else delete nothing and return what is foreign.

    A directory takes a temporary name first: whoever looks sees it whole or not at all. What appears in it at that
    very moment is put back; the folder that it lies in is deleted only when it is empty.
    """
    before = stamps(path)
    if found := foreign(path):
        return found
    if not is_directory(path):
        path.unlink(missing_ok=True)
        return []
    hidden = path
    if label_of(path.name) is None:
        hidden = temporary_beside(path)
        os.rename(path, hidden)
        if stamps(hidden) != before:
            os.rename(hidden, path)
            return foreign(path) or [path.name]
    for name in sorted(before, key=MANIFEST.__eq__):
        os.unlink(hidden / name)
    os.rmdir(hidden)
    return []


def stamps(path: Path) -> dict[str, tuple[int, int, int]]:
    """Return what tells, without reading them, whether the entries of a directory are the same as before."""
    if not is_directory(path):
        return {}
    with os.scandir(path) as entries:
        found = {entry.name: os.lstat(entry.path) for entry in entries}
    return {name: (status.st_ino, status.st_size, status.st_mtime_ns) for name, status in found.items()}


def is_directory(path: Path) -> bool:
    """Whether a path is a directory itself, not a link to one."""
    return stat.S_ISDIR(mode_of(path)) and not is_link(path)


def is_log(content: bytes, earlier: bytes) -> bool:
    """Whether a file can be the log of a run whose checkpoint holds the lines ``earlier``: longer, or cut short.

    >>> line = b'{"step": 3, "loss": 1.0, "seconds": 0.1}' + bytes([10])
    >>> is_log(line + line[:9], line), is_log(line[:9], line), is_log(b"mine", b""), is_log(line, b"other")
    (True, True, False, False)
    """
    if earlier.startswith(content):
        return True
    if not content.startswith(earlier):
        return False
    *lines, last = content[len(earlier) :].split(b"\n")
    return all(map(_is_record, lines)) and (last.startswith(_RECORD) or _RECORD.startswith(last))


def check_log(path: Path, earlier: bytes) -> None:
    """Raise ``UsageError`` where a file stands in the place of a log that does not continue the lines ``earlier``."""
    if mode_of(path) and not (is_plain(path) and is_log(path.read_bytes(), earlier)):
        raise UsageError(f"{path} is not the log of this run, or was changed since it was written. Move it elsewhere.")


def described(names: list[str]) -> str:
    """Return the first few of many names, and how many more there are.

    >>> described(list("abcdefg"))
    'a, b, c, d, e and 2 more'
    """
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def say_kept(path: Path, names: list[str], say: Callable[[str], None]) -> None:
    """Tell what is not deleted, for the sake of which foreign names in it; nothing where there are none."""
    if names:
        say(f"Kept {path}: it holds what seqloom did not write, or what was changed: {described(names)}.")


def _listed(path: Path) -> dict[str, dict[str, Any]]:
    """What the manifest of a directory lists, nothing where it is not ours or was edited."""
    manifest = path / MANIFEST
    if not is_plain(manifest):
        return {}
    content = read_plain(manifest, MOST_MANIFEST_BYTES)
    try:
        listed = listed_files(content)
    except ModelFileError:
        return {}
    return listed if is_unedited(content) else {}


def _is_ours(path: Path, listed: dict[str, dict[str, Any]]) -> bool:
    if not is_plain(path):
        return False
    if label_of(path.name) is not None:
        return True
    if path.name == MANIFEST:
        return bool(listed)
    entry = listed.get(path.name)
    return entry is not None and path.stat().st_size == entry["size"] and _sha256(path) == entry["sha256"]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_record(line: bytes) -> bool:
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return line.startswith(_RECORD) and isinstance(record, dict) and "seconds" in record
