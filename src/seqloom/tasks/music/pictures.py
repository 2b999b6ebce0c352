"""Pictures of a model of music: what it expected, and what it writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from seqloom.tasks.music.events.event_model import MusicEventModel
    from seqloom.tasks.music.music_model import MusicModel
    from seqloom.tasks.music.tunes import Tune

__all__ = ["draw_music", "draw_own"]

_STEPS: Final = 96


def draw_music(model: MusicModel, folder: Path, tune: Tune) -> dict[Path, str]:
    """See :meth:`MusicModel.draw`; of the piece, the first 96 steps."""
    from seqloom.inspection.piano_roll import draw_expected

    folder.mkdir(parents=True, exist_ok=True)
    stream = model.stream(tune.label if tune.label in model.facts_.get("labels", ()) else None)
    expected, nats = [], []
    for step in tune.pitches[:_STEPS]:
        expected.append(stream.probabilities())
        nats.append(stream.push(step))
    came = folder / "expected_and_came.png"
    draw_expected(np.array(expected), tune.roll[:_STEPS], np.array(nats), came)
    said = "Dots on dark ground were expected, on white they were not; dark ground without one was so in vain."
    return {came: said} | draw_own(model, folder)


def draw_own(model: MusicModel | MusicEventModel, folder: Path) -> dict[Path, str]:
    """A piece of 96 steps of a model's own."""
    from seqloom.inspection.piano_roll import draw_piano_roll

    folder.mkdir(parents=True, exist_ok=True)
    own = folder / "drawn_by_the_model.png"
    draw_piano_roll(model.generate(steps=_STEPS)[0], own)
    return {own: "A piece that the model drew by itself: it should look like those that it learned from."}
