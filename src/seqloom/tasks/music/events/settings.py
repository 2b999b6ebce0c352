"""The settings of a model of events of music; light, for the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from seqloom.settings import COUNT, SHARE, Key, Range, Section
from seqloom.tasks.examples.settings import ExampleSettings, without_pooling

__all__ = ["EventSettings"]

_MODEL, _DATA, _TRAINING = Section("Model"), Section("Data"), Section("Training")


@dataclass(frozen=True)
class EventSettings(ExampleSettings):
    """See :class:`seqloom.tasks.music.events.event_model.MusicEventModel`. What is None is picked by the data."""

    title = "the model of events of music"

    spec: Annotated[str, "Layers that look back only.", _MODEL, Key("model")] = "lstm(256)"
    embedding: Annotated[int, COUNT, "Numbers that stand for an event.", _MODEL] = 64
    dropout: Annotated[float | None, SHARE, "Share of values dropped before and after the layers.", _MODEL] = None
    velocities: Annotated[int, Range(least=1, most=127), "Classes of loudness.", _DATA] = 16
    transpose: Annotated[
        int | None,
        Range(least=0, most=44),
        "Semitones by which training moves pieces, at most, up or down (default: 5, of pieces in one key 0).",
        _DATA,
    ] = None
    steps_per_beat: Annotated[
        int | None, Range(least=1, most=96), "Steps of time in a beat (default: found).", _DATA
    ] = None
    window: Annotated[int, COUNT, "Events of a part; longer pieces are learned from in parts.", _TRAINING] = 1024
    batch_size: Annotated[int | None, COUNT, "Parts of a batch.", _TRAINING] = field(  # type: ignore[assignment]
        default=None, kw_only=True
    )

    def conflicts(self) -> Iterator[str]:
        return without_pooling(self.spec, "music goes on at every event")
