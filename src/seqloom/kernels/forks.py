"""Whether this process is a child of ``fork``, where torch waits in vain for its team of OpenMP threads."""

from __future__ import annotations

import os

__all__ = ["is_child"]

_FORKED: list[int] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _FORKED.append(os.getpid()))


def is_child() -> bool:
    """Whether a ``fork`` has happened since this module was loaded, and this is the child."""
    return bool(_FORKED)
