"""The file of a corpus: magic (8 bytes), place of the header (8 bytes), ids, header in JSON."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, final

import numpy as np

from seqloom.data.temporary import temporary_beside
from seqloom.data.vocabulary import Ids
from seqloom.errors import DataError, StorageError

__all__ = ["CorpusWriter", "file_sha256", "read_corpus_file"]

_MAGIC = b"seqloom\x01"
_IDS_START = 16
_LARGEST_HEADER = 1 << 28
_INTEGERS = ("eos", "vocabulary_size", "characters", "documents")


@final
class CorpusWriter:
    """Write beside the target, then rename: the target is whole or not there. Only its owner may read it."""

    def __init__(
        self,
        target: Path,
        dtype: np.dtype[np.unsignedinteger[Any]],
        source: Path,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._target = target
        self._dtype = dtype
        self._count = 0
        self._hash = hashlib.sha256()
        self._read = 0
        self._progress = progress
        self._total = source.stat().st_size if source.is_file() else 0
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _check_replaceable(target)
            self._temporary = temporary_beside(target)
            number = os.open(self._temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as error:
            raise self._refused(error) from error
        self._file = os.fdopen(number, "wb", buffering=1 << 20)
        self._guarded(self._file.write, _MAGIC + bytes(8))

    def observe(self, block: bytes) -> None:
        """See a block of the source, for its checksum and the progress."""
        self._hash.update(block)
        self._read += len(block)
        if self._progress is not None:
            self._progress(self._read, max(self._read, self._total))

    def write(self, ids: Ids) -> None:
        """Append ids."""
        self._count += len(ids)
        self._guarded(self._file.write, ids.astype(self._dtype, copy=False).data)

    def finish(self, header: dict[str, Any]) -> None:
        """Write the header, sync, and give the file its name."""
        header |= {
            "dtype": self._dtype.name,
            "count": self._count,
            "source_size": self._read,
            "source_sha256": self._hash.hexdigest(),
        }
        place = _IDS_START + self._count * self._dtype.itemsize
        self._guarded(self._write_end, json.dumps(header).encode(), place)

    def __enter__(self) -> CorpusWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError as refusal:
            if error is None:
                raise self._refused(refusal) from refusal
        finally:
            self._temporary.unlink(missing_ok=True)

    def _write_end(self, header: bytes, place: int) -> None:
        self._file.write(header)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.seek(len(_MAGIC))
        self._file.write(place.to_bytes(8, "little"))
        self._file.flush()
        os.fsync(self._file.fileno())
        os.replace(self._temporary, self._target)

    def _guarded(self, action: Callable[..., object], *arguments: object) -> None:
        try:
            action(*arguments)
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> StorageError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            needed = max(self._total, self._count) * self._dtype.itemsize
            return StorageError(
                f"No space left for the encoded text {self._target}: it needs up to {needed:,} bytes. "
                "Free some space or choose another directory."
            )
        return StorageError(f"Cannot write the encoded text {self._target}: {error.strerror or error}.")


def _check_replaceable(target: Path) -> None:
    """Raise ``DataError`` where something else than an encoded text has the name."""
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise DataError(f"{target} is no file, so no encoded text can be written there. Move it elsewhere.")
    with target.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise DataError(f"{target} is not an encoded text of seqloom, and is not replaced. Move it elsewhere.")


def read_corpus_file(path: Path) -> tuple[Ids, dict[str, Any]]:
    """Map the ids (N,) of a corpus file and read its header; DataError where it is foreign or damaged."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(_IDS_START)
            if start[: len(_MAGIC)] != _MAGIC:
                raise DataError(f"{path} is not an encoded text of this version of seqloom.")
            place = int.from_bytes(start[len(_MAGIC) :], "little")
            if not _IDS_START < place < size or size - place > _LARGEST_HEADER:
                raise DataError(f"{path} is damaged: it ends too early.")
            file.seek(place)
            header = _checked(json.loads(file.read()), place)
    except OSError as error:
        raise DataError(f"Cannot read the encoded text {path}: {(error.strerror or str(error)).lower()}.") from error
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} is damaged: its header cannot be read ({error}).") from error
    mapped = np.memmap(path, np.dtype(header["dtype"]), "r", _IDS_START, (header["count"],))
    return np.asarray(mapped), header


def file_sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checked(header: dict[str, Any], place: int) -> dict[str, Any]:
    width = {"uint8": 1, "uint16": 2, "uint32": 4}[header["dtype"]]
    if any(not isinstance(header[key], int) or header[key] < 0 for key in (*_INTEGERS, "count")):
        raise ValueError("a count is not a whole number")
    if _IDS_START + header["count"] * width != place:
        raise ValueError("the number of ids does not fit the size")
    if header["eos"] >= header["vocabulary_size"] or not isinstance(header["marks"], list):
        raise ValueError("the fields contradict one another")
    return header
