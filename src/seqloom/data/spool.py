"""An array that grows in a file of its own: as large as the disk, private, and gone with the process."""

from __future__ import annotations

import mmap
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.unnamed import Unnamed

__all__ = ["Mapped", "Spool"]

_Number = TypeVar("_Number", bound=np.integer[Any])


class Mapped(NamedTuple, Generic[_Number]):
    """``array`` (N,) read in place from ``memory``, which is None where there is nothing to read."""

    array: NDArray[_Number]
    memory: mmap.mmap | None


@final
class Spool(Generic[_Number]):
    """Write an array piece by piece into an :class:`Unnamed` file in ``folder``, then map it.

    Raises StorageError where the disk refuses.

    >>> with Spool(np.dtype(np.uint8), None) as spool:
    ...     spool.write(np.array([1, 2, 3]))
    ...     spool.mapped().array
    array([1, 2, 3], dtype=uint8)
    """

    def __init__(self, dtype: np.dtype[_Number], folder: Path | None) -> None:
        self._dtype = dtype
        self._file = Unnamed("the encoded text", folder)

    def write(self, values: NDArray[Any]) -> None:
        """Append values (N,)."""
        self._file.write(values.astype(self._dtype, copy=False).data)

    def mapped(self) -> Mapped[_Number]:
        """All that was written."""
        if not self._file.size:
            return Mapped(np.zeros(0, self._dtype), None)
        memory = self._file.map()
        return Mapped(np.frombuffer(memory, self._dtype), memory)

    def __enter__(self) -> Spool[_Number]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)
