"""Small pictures with a class: a bright bar that lies or stands, in noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def bars(count: int = 32, seed: int = 0, channels: int = 1) -> tuple[np.ndarray, list[str]]:
    """uint8 (N, 8, 10, C), and which way each bar is."""
    draw = np.random.default_rng(seed)
    X = draw.integers(0, 80, (count, 8, 10, channels), dtype=np.uint8)
    y = ["lying" if k % 2 else "standing" for k in range(count)]
    for picture, label in zip(X, y, strict=True):
        if label == "lying":
            picture[draw.integers(8)] = 230
        else:
            picture[:, draw.integers(10)] = 230
    return X, y


def by_class(folder: Path, count: int = 32, seed: int = 0) -> Path:
    """A folder for each class."""
    for place, (picture, label) in enumerate(zip(*bars(count, seed), strict=True)):
        (folder / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture[..., 0]).save(folder / label / f"{place}.png")
    return folder
