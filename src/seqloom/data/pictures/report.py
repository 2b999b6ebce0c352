"""What is in a folder of pictures, in figures ready for JSON: before anything is trained."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from seqloom.data.pictures.captioned import Captioned
from seqloom.data.pictures.pictures import Pictures
from seqloom.data.spread import spread
from seqloom.data.text.vocabularies.word_boundaries import split_words

__all__ = ["described", "described_captions"]


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


def described_captions(found: Captioned) -> dict[str, Any]:
    """How many pictures, videos or arrays of features, and captions; the words of a caption; what is said twice."""
    captions = [caption for several in found.captions or () for caption in several]
    words = [split_words(caption) for caption in captions]
    counts = [sum(word != " " for word in one) for one in words]
    parts = Counter(str(part) for part in found.parts or () if part is not None)
    return {
        str(found.seen): len(found),
        "captions": len(captions),
        "words_of_a_caption": spread(np.array(counts)),
        "words": len({word.lower() for one in words for word in one if word != " "}),
        "parts": dict(parts),
        "classes": {},
        "duplicates": len(captions) - len(set(captions)),
        "remarks": list(found.remarks),
    }


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
