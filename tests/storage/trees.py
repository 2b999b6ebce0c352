"""What a folder holds, so that two moments can be compared."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["everything"]


def everything(root: Path) -> dict[str, object]:
    """Return every path below ``root``: the bytes of a file, the target of a link, None for a folder."""
    found: dict[str, object] = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = Path(folder, name)
            content = os.readlink(path) if path.is_symlink() else None if path.is_dir() else path.read_bytes()
            found[str(path.relative_to(root))] = content
    return found
