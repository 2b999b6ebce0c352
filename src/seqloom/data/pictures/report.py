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


_SHOWN = 5


def described(found: Pictures) -> dict[str, Any]:
    """How many pictures, the longer side of each, the commonest sizes (width x height), how many are in grey; the
    classes; files that repeat another."""
    sizes = Counter(header[:2] for header in found.headers)
    return {
        "pictures": len(found),
        "sides": spread(np.array([max(header[:2]) for header in found.headers])),
        "sizes": {f"{width} x {height}": count for (height, width), count in sizes.most_common(_SHOWN)},
        "in_grey": sum(not header.has_colours for header in found.headers),
        "classes": dict(Counter(found.labels or ()).most_common()),
        "duplicates": len(found) - len({_digest(path) for path in found.paths}),
        "remarks": list(found.remarks),
    }


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
