"""An array that grows in a file without a name: as large as the disk, private, and gone with the process."""

from __future__ import annotations

import errno
import mmap
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import StorageError

__all__ = ["Mapped", "Spool"]

_Number = TypeVar("_Number", bound=np.integer[Any])
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class Mapped(NamedTuple, Generic[_Number]):
    """``array`` (N,) read in place from ``memory``, which is None where there is nothing to read."""

    array: NDArray[_Number]
    memory: mmap.mmap | None


@final
class Spool(Generic[_Number]):
    """Write an array piece by piece into ``folder`` (None: where temporary files go), then map it.

    The file has no name, so no one else can open it, and nothing of it is left when the process ends, however it ends.

    >>> with Spool(np.dtype(np.uint8), None) as spool:
    ...     spool.write(np.array([1, 2, 3]))
    ...     spool.mapped().array
    array([1, 2, 3], dtype=uint8)
    """

    def __init__(self, dtype: np.dtype[_Number], folder: Path | None) -> None:
        self._dtype = dtype
        self._count = 0
        self._folder = folder
        try:
            self._file = tempfile.TemporaryFile(dir=folder, buffering=1 << 20)  # noqa: SIM115 (closed by __exit__)
        except OSError as error:
            raise self._refused(error) from error

    def write(self, values: NDArray[Any]) -> None:
        """Append values (N,)."""
        try:
            self._file.write(values.astype(self._dtype, copy=False).data)
        except OSError as error:
            raise self._refused(error) from error
        self._count += len(values)

    def mapped(self) -> Mapped[_Number]:
        """All that was written."""
        if not self._count:
            return Mapped(np.zeros(0, self._dtype), None)
        try:
            self._file.flush()
            memory = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise self._refused(error) from error
        return Mapped(np.frombuffer(memory, self._dtype), memory)

    def __enter__(self) -> Spool[_Number]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError as refusal:
            if error is None:
                raise self._refused(refusal) from refusal

    def _refused(self, error: OSError) -> StorageError:
        place = self._folder or tempfile.gettempdir()
        if error.errno in _NO_SPACE:
            return StorageError(
                f"No space left in {place} for the encoded text, after {self._count * self._dtype.itemsize:,} bytes. "
                "Free some space or choose another directory."
            )
        return StorageError(f"Cannot write the encoded text in {place}: {error.strerror or error}.")
