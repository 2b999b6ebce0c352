"""The settings of a model of music; light, for the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from seqloom.choice import Choice
from seqloom.settings import COUNT, SHARE, Key, Range, Section
from seqloom.tasks.examples.settings import ExampleSettings, without_pooling

__all__ = ["KeysKind", "MusicSettings"]

_MODEL, _DATA = Section("Model"), Section("Data")


class KeysKind(Choice):
    """How the keys of a step depend on each other."""

    INDEPENDENT = "independent"
    AUTOREGRESSIVE = "autoregressive"


@dataclass(frozen=True)
class MusicSettings(ExampleSettings):
    """See :class:`seqloom.tasks.music.music_model.MusicModel`. What is None is picked by the data."""

    title = "the model of music"

    spec: Annotated[str, "Layers that look back only.", _MODEL, Key("model")] = "lstm(300)"
    keys: Annotated[KeysKind, "Whether the keys of a step know of each other.", _MODEL] = KeysKind.INDEPENDENT
    dropout: Annotated[float | None, SHARE, "Share of units dropped before the head in training.", _MODEL] = None
    input_dropout: Annotated[float | None, SHARE, "Share of keys that training does not read.", _MODEL] = None
    transpose: Annotated[
        int | None,
        Range(least=0, most=44),
        "Semitones by which training moves pieces, at most, up or down (default: 5, of pieces in one key 0).",
        _DATA,
    ] = None
    steps_per_beat: Annotated[
        int | None, Range(least=1, most=96), "Steps of time in a beat (MIDI: found; files of rolls: 4).", _DATA
    ] = None
    batch_size: Annotated[int | None, COUNT, "Pieces of a batch.", Section("Training")] = field(  # type: ignore[assignment]
        default=None, kw_only=True
    )

    def conflicts(self) -> Iterator[str]:
        return without_pooling(self.spec, "music goes on at every step")
