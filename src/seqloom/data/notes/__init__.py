"""Notes: MIDI files to plain values and back, on a grid of time, as rolls and as events."""

from __future__ import annotations

from seqloom.data.notes.piece import Metre, Note, Piece, Tempo
from seqloom.data.notes.reading import read_midi
from seqloom.data.notes.writing import save_midi

__all__ = ["Metre", "Note", "Piece", "Tempo", "read_midi", "save_midi"]
