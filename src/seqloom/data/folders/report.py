"""What is in a folder of labelled texts, in figures ready for JSON: before anything is trained."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np

from seqloom.data.folders.texts import LabelledTexts
from seqloom.data.spread import spread

__all__ = ["described"]


def described(found: LabelledTexts) -> dict[str, Any]:
    """How many texts and their lengths; the classes; texts that repeat another, or stand in several classes."""
    classes = defaultdict(set)
    for text, label in zip(found.texts, found.labels, strict=True):
        classes[text].add(label)
    return {
        "texts": len(found.texts),
        "characters": spread(np.array(list(map(len, found.texts)))),
        "classes": dict(Counter(found.labels).most_common()),
        "duplicates": len(found.texts) - len(classes),
        "texts_of_several_classes": sum(len(labels) > 1 for labels in classes.values()),
        "remarks": found.remarks,
    }
