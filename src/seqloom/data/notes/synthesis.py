"""Notes made audible: each is a few sines with an envelope; drums are noise."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.notes.piece import DRUMS, Note, Piece
from seqloom.data.sounds.saving import save_wav
from seqloom.errors import UsageError

__all__ = ["save_sound", "sound"]

_MOST_SECONDS: Final = 3600
_PARTIALS: Final = 8
_ATTACK, _RELEASE = 0.006, 0.08
"""Seconds in which a note comes and goes."""
_LOUDEST: Final = 0.8
_SUSTAINED: Final = (range(16, 24), range(40, 80))
"""Programs of organs, and of strings, voices and winds: their notes do not die away."""


def sound(piece: Piece, rate: int = 16_000) -> NDArray[np.float32]:
    """The samples of a piece as it is played, ``rate`` a second, between −1 and 1; the loudest is 0.8.

    A note of frequency f = 440 · 2^((pitch − 69) / 12) and velocity v is v · e(t) · Σₖ k^−1.5 · e^(−d·k·t) · sin(2πkft)
    over the partials k = 1 … 8 below half the rate. e comes in 6 ms and goes in 80 ms; d is larger the higher the note,
    and 0 for organs, strings and winds. Raises UsageError for a piece of more than an hour.

    >>> samples = sound(Piece(480, [Note(0, 480, 69)]))
    >>> spectrum = np.abs(np.fft.rfft(samples, 16_000))
    >>> int(spectrum.argmax()), round(float(samples.max()), 1)
    (440, 0.8)
    """
    ends = piece.seconds([note.end for note in piece.notes])
    begins = piece.seconds([note.start for note in piece.notes])
    seconds = float(ends.max(initial=0.0)) + _RELEASE
    if seconds > _MOST_SECONDS:
        raise UsageError(
            f"{piece.name} lasts {seconds:,.0f} seconds, expected at most {_MOST_SECONDS:,}. Take a part of it."
        )
    found = np.zeros(int(seconds * rate) + 1)
    for note, begin, end in zip(piece.notes, begins.tolist(), ends.tolist(), strict=True):
        first = int(begin * rate)
        samples = _note(note, end - begin, rate)[: len(found) - first]
        found[first : first + len(samples)] += samples
    loudest = np.abs(found).max()
    return (found * (_LOUDEST / loudest if loudest else 1.0)).astype(np.float32)


def save_sound(path: str | Path, piece: Piece, rate: int = 16_000) -> None:
    """Write a piece as a wav file, to listen to."""
    save_wav(path, sound(piece, rate), rate)


def _note(note: Note, seconds: float, rate: int) -> NDArray[np.float64]:
    t = np.arange(int((seconds + _RELEASE) * rate)) / rate
    envelope = np.minimum(t / _ATTACK, 1) * np.clip((seconds + _RELEASE - t) / _RELEASE, 0, 1) * note.velocity / 127
    if note.channel == DRUMS:
        noise: NDArray[np.float64] = np.random.default_rng(note.pitch).standard_normal(len(t))
        return envelope * noise * np.exp(-30 * t) / 2
    frequency = 440 * 2 ** ((note.pitch - 69) / 12)
    decay = 0.0 if any(note.program in programs for programs in _SUSTAINED) else 0.7 * 2 ** ((note.pitch - 60) / 24)
    partials = np.arange(1, _PARTIALS + 1)
    partials = partials[partials * frequency < rate / 2]
    waves = (k**-1.5 * np.exp(-decay * k * t) * np.sin(2 * np.pi * k * frequency * t) for k in partials.tolist())
    total: NDArray[np.float64] = envelope * sum(waves, np.zeros(len(t)))
    return total
