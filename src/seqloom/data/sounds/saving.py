"""Write sounds as wav files."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["save_wav", "wav_bytes"]


def save_wav(path: str | Path, values: NDArray[np.floating], rate: int) -> None:
    """Write values (samples,) or (samples, channels) between −1 and 1 as a wav file of 16 bits.

    >>> import tempfile
    >>> from seqloom.data.sounds import open_sound
    >>> path = Path(tempfile.mkdtemp(), "tone.wav")
    >>> save_wav(path, np.sin(np.arange(800)), 8000)
    >>> open_sound(path).seconds
    0.1
    """
    Path(path).write_bytes(wav_bytes(values, rate))


def wav_bytes(values: NDArray[np.floating], rate: int) -> bytes:
    """The same as bytes."""
    channels = 1 if values.ndim == 1 else values.shape[1]
    data = np.clip(np.round(values * 32767), -32768, 32767).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body
