"""The notes of a piece over time, as a picture."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.notes.piece import DRUMS, Note, Piece
from seqloom.data.notes.rolls import LOWEST
from seqloom.inspection.picture import new_figure, save

__all__ = ["draw_expected", "draw_piano_roll"]

_INCHES_PER_BEAT: Final = 0.22
_WIDTH: Final = (5.0, 40.0)
_OCTAVE: Final = 12
_MOST_BARS: Final = 200
_LIKELY: Final = 0.05


def draw_piano_roll(piece: Piece, picture: Path, title: str = "") -> None:
    """Draw a piece into a file: beats to the right, pitches upwards, bars as lines, a colour for each instrument.

    Louder notes are stronger. Without ``title`` the name of the piece is used. MissingExtraError without matplotlib.
    """
    beats = max(1.0, piece.end / piece.ticks)
    width = min(_WIDTH[1], max(_WIDTH[0], 1 + _INCHES_PER_BEAT * beats))
    axes = (figure := new_figure((width, 3.6), title or piece.name)).subplots()
    instruments: defaultdict[int, list[Note]] = defaultdict(list)
    for note in piece.notes:
        instruments[note.instrument].append(note)
    for place, (instrument, notes) in enumerate(sorted(instruments.items())):
        axes.barh(
            [note.pitch for note in notes],
            [note.length / piece.ticks for note in notes],
            height=0.8,
            left=[note.start / piece.ticks for note in notes],
            color=[(f"C{place % 10}", 0.35 + 0.65 * note.velocity / 127) for note in notes],
            edgecolor="white",
            linewidth=0.4,
            label="drums" if notes[0].channel == DRUMS else f"program {instrument}",
        )
    bars = piece.bars()
    for bar in bars[:: 1 + len(bars) // _MOST_BARS]:
        axes.axvline(bar / piece.ticks, color="0.85", linewidth=0.6, zorder=0)
    pitches = [note.pitch for note in piece.notes] or [60]
    octaves = range(min(pitches) // _OCTAVE, max(pitches) // _OCTAVE + 2)
    axes.set_yticks([_OCTAVE * octave for octave in octaves], [f"C{octave - 1}" for octave in octaves])
    axes.set_ylim(min(pitches) - 1.5, max(pitches) + 1.5)
    axes.set_xlim(0, beats)
    axes.set_xlabel("beats")
    axes.grid(axis="y", color="0.85", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if len(instruments) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8, frameon=False)
    save(figure, picture)


def draw_expected(probabilities: NDArray[Any], roll: NDArray[Any], nats: NDArray[Any], picture: Path) -> None:
    """Draw p (T, 88) of each key at each step as shades, what came (T, 88) as dots on it, and the nats (T,) of each
    step below, into a file.

    Dots on dark ground were expected, dots on white ground were not; dark ground without a dot was expected in vain.
    """
    steps = np.arange(len(roll))
    width = min(_WIDTH[1], max(_WIDTH[0], 1 + len(steps) * _INCHES_PER_BEAT / 3))
    above, below = (figure := new_figure((width, 4.4), "")).subplots(2, 1, sharex=True, height_ratios=(3, 1))
    keys = np.flatnonzero(roll.any(0) | (probabilities > _LIKELY).any(0))
    low, high = (int(keys[0]), int(keys[-1])) if len(keys) else (0, 1)
    shown = above.imshow(
        probabilities.T, origin="lower", aspect="auto", cmap="Greys", vmin=0, vmax=1, interpolation="nearest"
    )
    figure.colorbar(shown, ax=above, label="probability", pad=0.01)
    at, sounding = roll.nonzero()
    above.scatter(at, sounding, s=8, color="tab:orange", edgecolors="white", linewidths=0.4, label="came")
    octaves = range((LOWEST + low) // _OCTAVE, (LOWEST + high) // _OCTAVE + 2)
    above.set_yticks([_OCTAVE * octave - LOWEST for octave in octaves], [f"C{octave - 1}" for octave in octaves])
    above.set_ylim(low - 1.5, high + 1.5)
    below.bar(steps, nats, width=0.9, color="tab:blue")
    below.set_ylabel("nats")
    below.set_xlabel("steps")
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    above.legend(loc="lower left", bbox_to_anchor=(0, 1), fontsize=8, frameon=False, borderpad=0)
    save(figure, picture)
