"""What is in a folder of sounds, in figures ready for JSON: before anything is trained."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, Final

import numpy as np

from seqloom.data.sounds.sounds import Sounds, changes, usual_rate
from seqloom.data.spread import spread

__all__ = ["described"]

_BEGIN: Final = 1 << 16
"""Samples that are compared; sounds that are alike so far, and as long, are one."""


def described(found: Sounds) -> dict[str, Any]:
    """How many sounds and their seconds; rates and channels; the classes; sounds that repeat another."""
    seen = {(len(one), hashlib.sha256(one.read(0, _BEGIN).tobytes()).digest()) for one in found.sounds}
    return {
        "sounds": len(found),
        "seconds": spread(np.array([one.seconds for one in found.sounds])),
        "rates": _counted(one.rate for one in found.sounds),
        "channels_of_sounds": _counted(one.channels for one in found.sounds),
        "classes": dict(Counter(found.labels or ()).most_common()),
        "duplicates": len(found) - len(seen),
        "remarks": [*found.remarks, *changes(found.sounds, usual_rate(found.sounds))],
    }


def _counted(values: Any) -> dict[str, int]:
    return {str(value): count for value, count in Counter(values).most_common()}
