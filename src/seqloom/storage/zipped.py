"""A model directory that someone packed into a zip file: read where it lies, trusting no more than the directory.

Nothing is unpacked to the disk. Only the names that the manifest lists are opened, and no more bytes are unpacked than
the manifest promises; an archive that swells beyond what compresses (a "zip bomb") is refused before it does.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from seqloom.errors import ModelFileError
from seqloom.storage.manifest import MANIFEST
from seqloom.storage.reading import README, check_content, check_manifest_size, check_size, is_plain, listed, refusal

__all__ = ["is_zipped", "models_in", "read_zipped"]

_MOST_MEMBERS = 10_000
_LARGEST_RATIO = 50
"""Weights hardly compress, and a vocabulary three- to fivefold; a bomb does a thousandfold."""
_FREE = 1 << 20
"""A file of so many bytes may compress as well as it likes."""


def is_zipped(path: Path) -> bool:
    """Whether a path is a plain file that is a zip archive.

    >>> is_zipped(Path("nowhere.zip"))
    False
    """
    return is_plain(path) and zipfile.is_zipfile(path)


def models_in(path: Path) -> list[str]:
    """The folders of an archive that hold a model, ``""`` for its top."""
    with _opened(path) as archive:
        return [str(PurePosixPath(name).parent).strip(".") for name in archive.namelist() if _is_manifest(name)]


def read_zipped(path: Path, folder: str) -> dict[str, bytes]:
    """Return the files of a model in a folder of an archive, each proven to be what was written.

    Raises ``ModelFileError`` naming the file and the reason, as ``read_directory`` does; also for a file that is there
    twice, is encrypted, or unpacks to fifty times its size and more.
    """
    with _opened(path) as archive:
        members = _members(path, archive, folder)
        if MANIFEST not in members:
            raise refusal(path, f"not a seqloom model, it has no {MANIFEST}")
        check_manifest_size(path, members[MANIFEST].file_size)
        entries = listed(path, _unpacked(path, archive, members[MANIFEST]))
        found = {}
        for name, entry in entries.items():
            try:
                if name not in members:
                    raise refusal(path, f"{name} is missing")
                check_size(path, name, members[name].file_size, entry)
                content = _unpacked(path, archive, members[name])
                check_content(path, name, content, entry)
            except ModelFileError:
                if name != README:
                    raise
                continue
            found[name] = content
        return found


def _opened(path: Path) -> ZipFile:
    try:
        archive = ZipFile(path)
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refusal(path, f"cannot be read as a zip archive ({error})") from None
    if len(archive.infolist()) > _MOST_MEMBERS:
        archive.close()
        raise refusal(path, f"the archive has more than {_MOST_MEMBERS:,} files; a model has a dozen")
    return archive


def _is_manifest(name: str) -> bool:
    return PurePosixPath(name).name == MANIFEST and not name.startswith("__MACOSX/")


def _members(path: Path, archive: ZipFile, folder: str) -> dict[str, ZipInfo]:
    """The files right in a folder, by their names there."""
    start = f"{folder}/" if folder else ""
    found: dict[str, ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename.removeprefix(start)
        if member.is_dir() or not member.filename.startswith(start) or "/" in name:
            continue
        if name in found:
            raise refusal(path, f"{name} is in the archive twice")
        found[name] = member
    return found


def _unpacked(path: Path, archive: ZipFile, member: ZipInfo) -> bytes:
    name, size = member.filename, member.file_size
    if size > max(_FREE, _LARGEST_RATIO * member.compress_size):
        raise refusal(path, f"{name} unpacks from {member.compress_size:,} to {size:,} bytes, more than any model does")
    try:
        with archive.open(member) as file:
            return file.read(size)
    except (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise refusal(path, f"{name} cannot be unpacked ({error})") from None
