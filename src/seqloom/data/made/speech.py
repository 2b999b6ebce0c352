"""Made speech: digits spoken by voices that nobody has, from a seed.

A phone is a place in the mouth, given by three resonances (formants), and how much of it is voice and how much is
hiss. A voice is a pitch and the length of a throat; its harmonics are summed under the resonances, which glide from
phone to phone. Formants after Peterson & Barney, 1952.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.data.draws import Purpose, generator

__all__ = ["RATE", "WORDS", "Utterance", "made_speech"]

RATE: Final = 8000
Floats = NDArray[np.float64]


class _Phone(NamedTuple):
    """Formants in Hz, shares of voice and hiss, the middle of the hiss in Hz, and seconds."""

    formants: tuple[float, float, float]
    voice: float
    hiss: float
    middle: float
    seconds: float


_PHONES: Final = {
    "i": _Phone((280, 2250, 2900), 1.0, 0.0, 0, 0.13),
    "e": _Phone((530, 1850, 2500), 1.0, 0.0, 0, 0.12),
    "a": _Phone((750, 1250, 2600), 1.0, 0.0, 0, 0.14),
    "o": _Phone((540, 880, 2450), 1.0, 0.0, 0, 0.14),
    "u": _Phone((320, 900, 2250), 1.0, 0.0, 0, 0.14),
    "r": _Phone((420, 1200, 1600), 0.7, 0.0, 0, 0.07),
    "w": _Phone((300, 650, 2200), 0.6, 0.0, 0, 0.07),
    "n": _Phone((250, 1500, 2500), 0.5, 0.0, 0, 0.09),
    "v": _Phone((300, 1100, 2300), 0.35, 0.12, 2800, 0.08),
    "z": _Phone((300, 1600, 2500), 0.25, 0.35, 3500, 0.09),
    "s": _Phone((300, 1600, 2500), 0.0, 0.6, 3600, 0.12),
    "f": _Phone((300, 1100, 2300), 0.0, 0.25, 2400, 0.11),
    "th": _Phone((300, 1300, 2500), 0.0, 0.12, 3000, 0.10),
    "t": _Phone((350, 1700, 2600), 0.0, 0.7, 3300, 0.03),
    "k": _Phone((300, 1900, 2500), 0.0, 0.6, 1800, 0.04),
    "-": _Phone((400, 1500, 2500), 0.0, 0.0, 0, 0.05),
}
WORDS: Final = {
    "zero": "z i r o u",
    "one": "w a n",
    "two": "- t u",
    "three": "th r i",
    "four": "f o r",
    "five": "f a i v",
    "six": "s i - k s",
    "seven": "s e v e n",
    "eight": "e i - t",
    "nine": "n a i n",
}
_GLIDE: Final = 0.03
_WIDTHS: Final = (70.0, 110.0, 160.0)
_LOUDEST: Final = 0.5


class Utterance(NamedTuple):
    """Samples (T,) between −1 and 1, 8,000 a second, and what is said."""

    samples: NDArray[np.float32]
    text: str


def made_speech(rows: int, seed: int, most: int = 5) -> list[Utterance]:
    """``rows`` utterances of one to ``most`` digits, each by another voice; a function of all arguments.

    >>> [one.text for one in made_speech(2, seed=0)]
    ['four five two', 'eight four six five six']
    """
    return [_utterance(generator(seed, Purpose.MADE, row), most) for row in range(rows)]


def _utterance(draw: np.random.Generator, most: int) -> Utterance:
    words = [str(word) for word in draw.choice(list(WORDS), draw.integers(1, most + 1))]
    pitch, throat, pace = draw.uniform(90, 220), draw.uniform(0.88, 1.18), draw.uniform(0.85, 1.3)
    parts = [_silence(draw, 0.05, 0.2)]
    for word in words:
        parts += [_spoken(WORDS[word].split(), draw, pitch, throat, pace), _silence(draw, 0.04, 0.25)]
    wave = np.concatenate(parts)
    wave *= _LOUDEST * draw.uniform(0.3, 1.0) / max(np.abs(wave).max(), 1e-6)
    wave += draw.uniform(0.001, 0.005) * draw.normal(size=len(wave))
    return Utterance(wave.astype(np.float32), " ".join(words))


def _spoken(names: list[str], draw: np.random.Generator, pitch: float, throat: float, pace: float) -> Floats:
    """One word: voice and hiss of its phones, which glide into each other."""
    phones = [_PHONES[name] for name in names]
    ends = np.cumsum([phone.seconds * pace * draw.uniform(0.85, 1.2) for phone in phones])
    time = np.arange(int(ends[-1] * RATE)) / RATE
    here = np.minimum(np.searchsorted(ends, time, side="right"), len(phones) - 1)

    def track(values: list[float]) -> Floats:
        return _smooth(np.array(values)[here])

    formants = [track([phone.formants[k] * throat for phone in phones]) for k in range(3)]
    wave = track([phone.voice for phone in phones]) * _voice(time, formants, pitch * draw.uniform(0.95, 1.05))
    for phone in dict.fromkeys(phone for phone in phones if phone.hiss):
        share = _smooth(np.array([phone.hiss if one is phone else 0.0 for one in phones])[here])
        wave += share * _hiss(len(time), min(phone.middle * throat, 0.45 * RATE), draw)
    spoken: Floats = wave * np.clip(np.minimum(time, time[-1] - time) / 0.01, 0, 1)
    return spoken


def _voice(time: Floats, formants: list[Floats], pitch: float) -> Floats:
    """Harmonics of a falling pitch, each as loud as the resonances let it be."""
    falling = pitch * (1.1 - 0.2 * time / time[-1])
    phase = 2 * np.pi * np.cumsum(falling) / RATE
    wave = np.zeros_like(time)
    for number in range(1, int(0.5 * RATE / (pitch * 1.1))):
        frequency = number * falling
        loud = sum(1 / (1 + ((frequency - at) / width) ** 2) for at, width in zip(formants, _WIDTHS, strict=True))
        wave += (loud + 0.01) / number**0.5 * np.sin(number * phase)
    return wave


def _hiss(count: int, middle: float, draw: np.random.Generator) -> Floats:
    """Noise of size 1 about a frequency."""
    frequencies = np.fft.rfftfreq(count, 1 / RATE)
    shape = np.exp(-(((frequencies - middle) / 600) ** 2))
    noise: Floats = np.fft.irfft(np.fft.rfft(draw.normal(size=count)) * shape, count)
    noise /= max(noise.std(), 1e-9)
    return noise


def _silence(draw: np.random.Generator, least: float, most: float) -> Floats:
    return np.zeros(int(draw.uniform(least, most) * RATE))


def _smooth(values: Floats) -> Floats:
    width = min(int(_GLIDE * RATE), len(values))
    around = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
    smooth: Floats = np.convolve(around, np.full(width, 1 / width), mode="valid")
    return smooth
