"""Made tunes: a melody over chords in a key, with a form that repeats, so that there is something to learn."""

from __future__ import annotations

from typing import Final

import numpy as np

from seqloom.data.draws import Purpose, generator
from seqloom.data.notes.key import Key
from seqloom.data.notes.piece import Metre, Note, Piece, Tempo

__all__ = ["made_tunes"]

_TICKS: Final = 480
_SCALES: Final = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_CHORDS: Final = ((0, 3, 4, 0), (0, 5, 3, 4), (0, 3, 0, 4), (0, 1, 4, 0))
"""Degrees of the scale on which the chords of a phrase stand."""
_RHYTHMS: Final = {
    3: ((2, 2, 2), (4, 2), (2, 1, 1, 2), (3, 1, 2)),
    4: ((2, 2, 2, 2), (4, 4), (3, 1, 2, 2), (2, 2, 1, 1, 2), (4, 2, 2)),
}
"""By the beats of a bar, in halves of a beat."""
_FORM: Final = "AABA"
_MELODY, _BASS = 0, 1
_FLUTE, _PIANO = 73, 0


def made_tunes(rows: int, seed: int) -> list[Piece]:
    """``rows`` tunes of 16 bars in the form AABA, in 3/4 or 4/4, major or minor; a function of both arguments.

    A flute steps along the scale and is on a tone of the chord where a bar begins; a piano plays the chords; both end
    on the tonic.

    >>> tune = made_tunes(1, seed=0)[0]
    >>> tune.name, tune.metres, tune.end // tune.ticks
    ('tune 1 in B minor', (Metre(start=0, beats=3, unit=4),), 48)
    """
    return [_tune(number, generator(seed, Purpose.MADE, number)) for number in range(1, rows + 1)]


def _tune(number: int, draw: np.random.Generator) -> Piece:
    tonic, mode, beats = int(draw.integers(12)), str(draw.choice(list(_SCALES))), int(draw.choice(list(_RHYTHMS)))
    scale = _SCALES[mode]
    phrases = {part: _phrase(draw, beats, scale) for part in sorted(set(_FORM))}
    bar = beats * _TICKS
    root = 55 + (tonic - 55) % 12
    notes = []
    for place, part in enumerate(_FORM):
        last = place == len(_FORM) - 1
        for note in phrases[part]:
            start = note.start + place * 4 * bar
            closes = last and note.start >= 3 * bar
            if not closes:
                notes.append(note._replace(start=start, pitch=note.pitch + root))
        if last:
            start = (place * 4 + 3) * bar
            notes.append(Note(start, bar, root + 12, 80, _MELODY, _FLUTE))
            notes += [Note(start, bar, root - 12 + scale[degree], 50, _BASS, _PIANO) for degree in (0, 2, 4)]
    tempo = round(60e6 / int(draw.integers(90, 141)))
    return Piece(_TICKS, notes, [Tempo(0, tempo)], [Metre(0, beats, 4)], f"tune {number} in {Key(tonic, mode, 1.0)}")


def _phrase(draw: np.random.Generator, beats: int, scale: tuple[int, ...]) -> list[Note]:
    """Four bars, pitches counted from the tonic below the melody."""
    half, notes = _TICKS // 2, []
    rhythms = _RHYTHMS[beats]
    chords = _CHORDS[int(draw.integers(len(_CHORDS)))]
    twice = rhythms[int(draw.integers(len(rhythms)))]
    degree = 7
    for bar, chord in enumerate(chords):
        tick = bar * beats * _TICKS
        notes += [
            Note(tick, beats * _TICKS, _pitch(scale, chord + third) - 12, 50, _BASS, _PIANO) for third in (0, 2, 4)
        ]
        rhythm = twice if bar % 2 == 0 else rhythms[int(draw.integers(len(rhythms)))]
        tones = [chord + 7 * octave + third for octave in (0, 1) for third in (0, 2, 4)]
        degree = min(tones, key=lambda tone: abs(tone - degree))
        for place, length in enumerate(rhythm):
            if place:
                degree = int(np.clip(degree + draw.choice([-2, -1, -1, 1, 1, 2]), 3, 12))
            notes.append(Note(tick, length * half, _pitch(scale, degree), 84 if place == 0 else 72, _MELODY, _FLUTE))
            tick += length * half
    return notes


def _pitch(scale: tuple[int, ...], degree: int) -> int:
    octave, place = divmod(degree, len(scale))
    return 12 * octave + scale[place]
