"""How surprising the steps of a piece are to a model of music."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from seqloom.tasks.music.stream import MusicStream, pitches_of
from seqloom.tasks.watching.calibration import Calibration
from seqloom.tasks.watching.surprise import Observed, Surprise, SurpriseStream

__all__ = ["MusicSurprises", "calibration_of"]


class MusicSurprises(SurpriseStream):
    """The surprise of each step of a piece, its pitches, as it comes; an empty line begins another piece."""

    def __init__(self, stream: MusicStream) -> None:
        self._stream = stream

    def reset(self) -> None:
        self._stream.reset()

    def push(self, observation: Iterable[int]) -> Surprise:
        return Surprise(self._stream.push(observation))

    def line(self, text: str) -> list[Observed]:
        pitches = pitches_of(text)
        if pitches is None:
            self.reset()
            return []
        return [Observed(text.strip(), self.push(pitches))]


def calibration_of(nats: Iterable[Sequence[Any]]) -> Calibration:
    """By the nats of each step of some pieces."""
    return Calibration.learned([Surprise(float(one)) for one in piece] for piece in nats)
