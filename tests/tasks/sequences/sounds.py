"""Small sounds with a class: a low or a high tone, in noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqloom.data.sounds import save_wav

RATE = 8000


def tones(count: int = 24, seed: int = 0) -> tuple[list[np.ndarray], list[str]]:
    """Tones of 0.1 to 0.2 seconds; the class says how high."""
    draw = np.random.default_rng(seed)
    y = ["high" if k % 2 else "low" for k in range(count)]
    return [tone(1500.0 if one == "high" else 300.0, draw) for one in y], y


def tone(frequency: float, draw: np.random.Generator, rate: int = RATE) -> np.ndarray:
    time = np.arange(int(rate * draw.uniform(0.1, 0.2))) / rate
    wave = np.sin(2 * np.pi * (frequency * draw.uniform(0.9, 1.1) * time + draw.random()))
    return (draw.uniform(0.1, 0.8) * wave + 0.01 * draw.normal(size=len(time))).astype(np.float32)


def by_class(folder: Path, count: int = 24, rate: int = RATE) -> Path:
    """A folder for each class."""
    for place, (values, label) in enumerate(zip(*tones(count), strict=True)):
        (folder / label).mkdir(parents=True, exist_ok=True)
        save_wav(folder / label / f"{place}.wav", values, rate)
    return folder
