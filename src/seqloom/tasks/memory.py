"""No memory: one error of ours for the several of Python and torch; and how much of it a batch of scores may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch

from seqloom.errors import StorageError

__all__ = ["enough_memory", "loading", "steps_at_once"]

_WORDS = ("can't allocate memory", "not enough memory", "out of memory", "storage size calculation overflowed")
_SCORES = (1 << 26) // 4


@contextmanager
def enough_memory(advice: str) -> Iterator[None]:
    """Raise ``StorageError`` with ``advice`` where Python, torch or the device runs out of memory.

    >>> with enough_memory("Choose a smaller batch_size."):
    ...     raise MemoryError
    Traceback (most recent call last):
    ...
    seqloom.errors.StorageError: Out of memory. Choose a smaller batch_size.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        text = str(error).lower()
        known = isinstance(error, MemoryError | torch.OutOfMemoryError) or any(word in text for word in _WORDS)
        if not known:
            raise
        raise StorageError(f"Out of memory. {advice}") from error


def loading(path: object) -> AbstractContextManager[None]:
    """:func:`enough_memory` for a model that is loaded from ``path``."""
    return enough_memory(f"The model in {path} takes more than is free; close other programs.")


def steps_at_once(rows: int, classes: int, most: int) -> int:
    """The steps, at most ``most``, whose scores (rows, steps, classes) of float32 take 64 MiB or less; at least 1.

    >>> steps_at_once(1, 100, 512), steps_at_once(32, 50_000, 512)
    (512, 10)
    """
    return max(1, min(most, _SCORES // max(1, rows * classes)))
