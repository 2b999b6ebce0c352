"""Fresh memory for large results.

The system hands out large blocks page by page, on first touch: for a result of 64 MB that takes five times as long as
computing it. Where it can be asked for large pages, it is.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

__all__ = ["fresh"]

LARGE = 4 << 20
PAGE = 4096
MADV_HUGEPAGE = 14


def fresh(*shape: int, like: Tensor) -> Tensor:
    """An uninitialised tensor of ``shape``, with the format and on the device of ``like``."""
    tensor = torch.empty(shape, dtype=like.dtype, device=like.device)
    size = tensor.numel() * tensor.element_size()
    advise = _advise() if size >= LARGE and tensor.device.type == "cpu" else None
    if advise is not None:
        start = -(-tensor.data_ptr() // PAGE) * PAGE
        advise(start, tensor.data_ptr() + size - start, MADV_HUGEPAGE)
    return tensor


@lru_cache(maxsize=1)
def _advise() -> Callable[[int, int, int], int] | None:
    """The system's madvise, where there is one; its advice may be ignored."""
    try:
        function = ctypes.CDLL(None).madvise
    except (OSError, AttributeError, TypeError):
        return None
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    function.restype = ctypes.c_int
    advise: Callable[[int, int, int], int] = function
    return advise
