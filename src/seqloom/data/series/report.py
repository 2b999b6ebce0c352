"""What is in recordings, in figures ready for JSON: before anything is trained."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import torch

from seqloom.data.series.recordings import Recordings
from seqloom.data.spread import spread

__all__ = ["described"]


def described(found: Recordings) -> dict[str, Any]:
    """How many recordings and their lengths; each channel; the classes; recordings that repeat another."""
    steps = torch.cat(found.series).numpy()
    labels = found.labels or [label for labels in found.step_labels or () for label in labels]
    return {
        "recordings": len(found),
        "lengths": spread(np.array([len(series) for series in found.series])),
        "channels": [
            {"name": name, "missing": int(np.isnan(column).sum())} | _range(column[~np.isnan(column)])
            for name, column in zip(found.channels, steps.T, strict=True)
        ],
        "categories": {
            name: len({word for words in recordings for word in words}) for name, recordings in found.categories.items()
        },
        "of_steps": found.step_labels is not None,
        "classes": dict(Counter(labels).most_common()),
        "duplicates": len(found) - len({(len(series), series.numpy().tobytes()) for series in found.series}),
        "remarks": list(found.remarks),
    }


def _range(values: np.ndarray[Any, Any]) -> dict[str, float | None]:
    if not len(values):
        return {"least": None, "mean": None, "largest": None}
    return {"least": float(values.min()), "mean": float(values.mean(dtype=float)), "largest": float(values.max())}
