"""A model of music that listens: after each step it says what may come next."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.notes.rolls import KEYS, LOWEST
from seqloom.errors import DataError
from seqloom.tasks.music.network import MusicNetwork
from seqloom.tasks.music.objective import nats_of

__all__ = ["MusicStream", "pitches_of"]

_REST: Final = "-"
_BETWEEN: Final = re.compile(r"[,;\s]+")


class MusicStream:
    """``stream.push(pitches)`` reads the next step and says how surprising it was, in nats; ``probabilities()`` are
    those of the 88 keys at the step after it.

    It keeps the weights that it was opened with, and the ``label`` (L,) of all pieces.
    """

    def __init__(self, network: MusicNetwork, label: Tensor | None = None) -> None:
        self._network, self._label = copy.deepcopy(network).eval(), label
        self.reset()

    @torch.no_grad()
    def reset(self) -> None:
        """Begin another piece."""
        self._known, self._state = self._network.begin(1, self._label)

    @torch.no_grad()
    def push(self, pitches: Iterable[int]) -> float:
        """Read the pitches of one step, none for a rest → −ln p of it. DataError for what is no key of a piano."""
        keys = torch.zeros(1, KEYS)
        for pitch in pitches:
            if pitch not in range(LOWEST, LOWEST + KEYS):
                raise DataError(f"Expected pitches from {LOWEST} to {LOWEST + KEYS - 1}, got {pitch!r}.")
            keys[0, int(pitch) - LOWEST] = 1.0
        keys = keys.to(self._known)
        nats = float(nats_of(self._network.head(self._known, keys).double(), keys))
        self._known, self._state = self._network.step(keys, self._state)
        return nats

    @torch.no_grad()
    def probabilities(self) -> NDArray[np.float64]:
        """p (88,) of each key at the next step; of autoregressive keys given the likeliest ones below."""
        head = self._network.head
        scores: Any = head(self._known, head.likeliest(self._known))
        found: NDArray[np.float64] = scores[0].double().sigmoid().cpu().numpy()
        return found

    def line(self, line: str) -> dict[str, float] | None:
        """The pitches of a line, ``-`` for a rest → the probability of each pitch at the next step.

        An empty line begins another piece: None.
        """
        pitches = pitches_of(line)
        if pitches is None:
            self.reset()
            return None
        self.push(pitches)
        return {str(LOWEST + key): float(p) for key, p in enumerate(self.probabilities())}


def pitches_of(line: str) -> list[int] | None:
    """The pitches of a line, none for a rest; None of an empty one. DataError for what is no number.

    >>> pitches_of("60, 64"), pitches_of("-"), pitches_of(" ")
    ([60, 64], [], None)
    """
    words = [word for word in _BETWEEN.split(line.strip()) if word]
    wrong = [word for word in words if not word.isdecimal() and word != _REST]
    if wrong:
        raise DataError(f"Expected pitches as 60 64 67, or {_REST} for a rest, got {wrong[0][:40]!r}.")
    return [int(word) for word in words if word != _REST] if words else None
