"""What the model of events of music shows of itself before anything heavy is imported."""

from __future__ import annotations

from typing import Final

from seqloom.tasks.door import Door
from seqloom.tasks.music.events.settings import EventSettings

__all__ = ["DOOR"]

DOOR: Final = Door(
    "seqloom.tasks.music.events.event_model:MusicEventModel",
    EventSettings,
    then="Write music with it:  seqloom generate {run} -o tune.mid",
)
"""That of events: asked for by name, for a folder of MIDI files is taken for rolls."""
