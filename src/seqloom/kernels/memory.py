"""Memory for large results, taken again once nobody holds it.

The system hands out large blocks page by page, zeroed, on first touch, and takes them back at once: for a result of
64 MB that takes longer than computing it. So blocks come in large pages where the system has them, and some of those
that tensors have given back wait here for the next.
"""

from __future__ import annotations

import mmap
import weakref
from collections import deque
from math import prod

import numpy as np
import torch
from torch import Tensor

__all__ = ["fresh"]

LARGE = 4 << 20
"""Below this size the system's own memory is as good."""
MAXIMUM_IDLE = 512 << 20
"""How many bytes wait at most."""
GRAIN = 2 << 20
PRIVATE = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)
"""Not shared with a child of ``fork``; 0 where the system has no such memory."""


def fresh(*shape: int, like: Tensor) -> Tensor:
    """An uninitialised tensor of ``shape``, with the format and on the device of ``like``."""
    size = prod(shape) * like.element_size()
    if size < LARGE or like.device.type != "cpu" or not PRIVATE:
        return torch.empty(shape, dtype=like.dtype, device=like.device)
    block = BLOCKS.take(-(-size // GRAIN) * GRAIN)
    memory = np.frombuffer(block, dtype=np.uint8)
    weakref.finalize(memory, BLOCKS.give_back, block).atexit = False
    return torch.from_numpy(memory)[:size].view(like.dtype).view(shape)


class _Blocks:
    """Blocks that wait, by size.

    There is no lock: tensors are freed at any moment, also while this very thread is in here, and a queue's own
    operations are atomic.
    """

    def __init__(self) -> None:
        self.idle: dict[int, deque[mmap.mmap]] = {}

    def take(self, size: int) -> mmap.mmap:
        """A block of ``size`` bytes, a waiting one where there is one."""
        try:
            return self.idle[size].pop()
        except (KeyError, IndexError):
            block = mmap.mmap(-1, size, flags=PRIVATE)
            if hasattr(mmap, "MADV_HUGEPAGE"):
                block.madvise(mmap.MADV_HUGEPAGE)
            return block

    def give_back(self, block: mmap.mmap) -> None:
        """Let a block wait, or go where too much waits already."""
        size = len(block)
        waiting = sum(each * len(blocks) for each, blocks in tuple(self.idle.items()))
        if waiting + size <= MAXIMUM_IDLE:
            self.idle.setdefault(size, deque()).append(block)


BLOCKS = _Blocks()
