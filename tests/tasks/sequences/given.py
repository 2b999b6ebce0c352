"""Small texts and series with a class, and with a number, that are learned in a moment."""

from __future__ import annotations

import numpy as np

_WORDS = ("loom", "warp", "weft", "reed", "yarn", "twill")


def texts(count: int = 60, seed: int = 0) -> tuple[list[str], list[str]]:
    """Sentences; the class is the one word that decides."""
    draw = np.random.default_rng(seed)
    y = ["bad" if k % 3 == 0 else "good" for k in range(count)]
    return [" ".join([*draw.choice(_WORDS, draw.integers(1, 5)), one, str(k)]) for k, one in enumerate(y)], y


def series(count: int = 60, channels: int = 2, seed: int = 0) -> tuple[list[np.ndarray], list[str]]:
    """Noise of any length; the class is the sign of its mean."""
    draw = np.random.default_rng(seed)
    y = ["up" if k % 2 else "down" for k in range(count)]
    rows = [draw.normal(2 if one == "up" else -2, 1, (draw.integers(3, 9), channels)) for one in y]
    return [row.astype(np.float32) for row in rows], y
