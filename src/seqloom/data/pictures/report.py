"""What is in a folder of pictures, in figures ready for JSON: before anything is trained."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from seqloom.data.pictures.pictures import Pictures
from seqloom.data.spread import spread

__all__ = ["described"]


def described(found: Pictures) -> dict[str, Any]:
    """How many pictures, their sides and colours; the classes; files that repeat another."""
    return {
        "pictures": len(found),
        "heights": spread(np.array([header.height for header in found.headers])),
        "widths": spread(np.array([header.width for header in found.headers])),
        "in_grey": sum(not header.has_colours for header in found.headers),
        "classes": dict(Counter(found.labels or ()).most_common()),
        "duplicates": len(found) - len({_digest(path) for path in found.paths}),
        "remarks": list(found.remarks),
    }


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
