"""Memory for large results, taken again once nobody holds it.

The system hands out large blocks page by page, zeroed, on first touch, and takes them back at once: for a result of
64 MB that takes longer than computing it. So blocks come in large pages where the system has them, and those that
tensors have given back wait here for the next, as many as were needed at once of late.
"""

from __future__ import annotations

import ctypes
import mmap
import weakref
from contextlib import suppress
from itertools import count
from math import prod
from time import monotonic

import numpy as np
import torch
from torch import Tensor

__all__ = ["fresh"]

LARGE = 1 << 20
"""Below this size the system's own memory is as good."""
GRAIN = 1 << 20
MOST_TOO_LARGE = 1.25
"""A waiting block serves for what is at most this many times smaller."""
MOST_FOR_NEED = 1.5
"""How much more there may be than was held at once: not all blocks are needed at the same time."""
PERIOD = 5.0
"""Seconds after which what was needed before them counts no longer."""
PRIVATE = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)
"""Not shared with a child of ``fork``; 0 where the system has no such memory."""
FREE = getattr(mmap, "MADV_FREE", None)
WORTH_MARKING = 8 << 20
"""Smaller blocks are not marked as free: without large pages that takes longer than all else here."""


def fresh(*shape: int, like: Tensor) -> Tensor:
    """An uninitialised tensor of ``shape``, with the format and on the device of ``like``."""
    size = prod(shape) * like.element_size()
    if size < LARGE or like.device.type != "cpu" or not PRIVATE:
        return torch.empty(shape, dtype=like.dtype, device=like.device)
    blocks = BLOCKS
    number, block = blocks.take(-(-size // GRAIN) * GRAIN)
    memory = np.frombuffer(block, dtype=np.uint8)
    weakref.finalize(memory, blocks.give_back, number, block).atexit = False
    return torch.from_numpy(memory)[:size].view(like.dtype).view(shape)


class _Blocks:
    """Blocks that wait, the longest first, and the sizes of those that tensors hold; each by its number.

    Both together are bounded by what tensors held at once of late. What waits is marked as free, so that the system
    takes its pages where memory gets short.

    There is no lock: tensors are freed at any moment, also while this very thread is in here. So every step is one
    operation of a dictionary, and nothing is walked through but copies of its keys or values made by ``list``.
    """

    def __init__(self) -> None:
        self.idle: dict[int, mmap.mmap] = {}
        self.held: dict[int, int] = {}
        self._numbers = count()
        self._since, self._most, self._most_before = monotonic(), 0, 0

    def take(self, size: int) -> tuple[int, mmap.mmap]:
        """A block of at least ``size`` bytes and its number, a waiting one where one fits."""
        block = self._waiting(size)
        number = next(self._numbers)
        self.held[number] = size if block is None else len(block)
        self._let_go()
        return number, _block(size) if block is None else block

    def give_back(self, number: int, block: mmap.mmap) -> None:
        """Let a block wait, or go where it is not needed."""
        self.held.pop(number, None)
        if FREE is not None and len(block) >= WORTH_MARKING:
            with suppress(OSError):
                block.madvise(FREE)
        self.idle[number] = block
        self._let_go()

    def _waiting(self, size: int) -> mmap.mmap | None:
        """The smallest waiting block that fits, the one that waits for the shortest time among equals."""
        best, smallest = None, MOST_TOO_LARGE * size
        for number in list(self.idle):
            block = self.idle.get(number)
            if block is not None and size <= len(block) <= smallest:
                best, smallest = number, len(block)
        return None if best is None else self.idle.pop(best, None)

    def _let_go(self) -> None:
        """Let the blocks that wait for the longest time go while there is more than was needed at once of late."""
        held = sum(list(self.held.values()))
        excess = held + sum(map(len, list(self.idle.values()))) - self._allowed(held)
        for number in list(self.idle):
            if excess <= 0:
                return
            block = self.idle.pop(number, None)
            excess -= 0 if block is None else len(block)

    def _allowed(self, held: int) -> int:
        """How much there may be: nothing waits when more is held than ever of late, here or in C's own heap."""
        if monotonic() - self._since > PERIOD:
            self._since, self._most, self._most_before = monotonic(), 0, self._most
        most = max(self._most, self._most_before)
        self._most = max(self._most, held)
        if held <= most:
            return int(MOST_FOR_NEED * most)
        _trim()
        return held


def _trim() -> None:
    """Let C's own heap, whence torch's memory comes, give back what lies free in it, where it knows how (glibc)."""
    with suppress(AttributeError):
        ctypes.pythonapi.malloc_trim(0)


def _block(size: int) -> mmap.mmap:
    block = mmap.mmap(-1, size, flags=PRIVATE)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        block.madvise(mmap.MADV_HUGEPAGE)
    return block


BLOCKS = _Blocks()
