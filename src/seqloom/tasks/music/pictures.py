"""Pictures of a model of music: what it expected, and what it writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from seqloom.tasks.music.music_model import MusicModel
    from seqloom.tasks.music.tunes import Tune

__all__ = ["draw_music"]

_STEPS: Final = 96


def draw_music(model: MusicModel, folder: Path, tune: Tune) -> list[Path]:
    """See :meth:`MusicModel.draw`; of the piece, the first 96 steps."""
    from seqloom.inspection.piano_roll import draw_expected, draw_piano_roll

    folder.mkdir(parents=True, exist_ok=True)
    stream = model.stream(tune.label if tune.label in model.facts_.get("labels", ()) else None)
    expected, nats = [], []
    for step in tune.pitches[:_STEPS]:
        expected.append(stream.probabilities())
        nats.append(stream.push(step))
    pictures = [folder / f"{name}.png" for name in ("expected_and_came", "drawn_by_the_model")]
    draw_expected(np.array(expected), tune.roll[:_STEPS], np.array(nats), pictures[0])
    draw_piano_roll(model.generate(steps=_STEPS)[0], pictures[1])
    return pictures
