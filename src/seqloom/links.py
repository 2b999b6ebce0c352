"""Names that stand for something that lies elsewhere."""

from __future__ import annotations

import os
import stat

__all__ = ["is_link"]

_JUNCTION = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT, which Python names on Windows only


def is_link(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a symbolic link, or a junction of Windows; ``OSError`` where that cannot be known.

    >>> is_link(".")
    False
    """
    status = os.lstat(path)
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION
