"""Pieces moved to other keys in training, so that what is learned of one key is known of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.batch import Batch
from seqloom.data.draws import Purpose, generator
from seqloom.data.notes.rolls import KEYS
from seqloom.data.padded import Padded

__all__ = ["Change", "Transposed", "moved_rolls", "moves_within"]


Change = Callable[[Batch, Tensor, Tensor], Batch]
"""A batch, by how many semitones (B,) its rows are moved, and whether their label is said (B,) → the batch."""
_UNSAID: Final = 0.1
"""The share of pieces whose label is not said in an epoch, so that pieces without one are known, too."""


@final
class Transposed:
    """Batches of pieces, each moved by some semitones, a function of (seed, epoch, which piece).

    ``moves`` (N, 2) are the lowest and the highest one of each piece, ``change`` moves those of a batch. Of a tenth of
    the pieces the label is not said.
    """

    def __init__(self, batches: Padded, moves: NDArray[np.int64], seed: int, change: Change, number: int = 0) -> None:
        self._batches, self._moves, self._seed, self._change = batches, moves, seed, change
        levels, said = generator(seed, Purpose.TRANSPOSING, number).random((2, len(moves)))
        self.semitones = moves[:, 0] + (levels * (moves[:, 1] - moves[:, 0] + 1)).astype(np.int64)
        self.said = said >= _UNSAID

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        rows = self._batches.rows(index)
        return self._change(
            self._batches[index], torch.from_numpy(self.semitones[rows]), torch.from_numpy(self.said[rows])
        )

    def epoch(self, number: int) -> Transposed:
        """The batches of one epoch."""
        return Transposed(self._batches.epoch(number), self._moves, self._seed, self._change, number)


def moved_rolls(batch: Batch, semitones: Tensor, said: Tensor) -> Batch:
    """Rolls (B, T, 88 + L), of which the columns after the keys are the label."""
    keys, label = batch.x[..., :KEYS], batch.x[..., KEYS:]
    moved = torch.stack([row.roll(by, -1) for row, by in zip(keys, semitones.tolist(), strict=True)])
    return batch._replace(inputs={"x": torch.cat([moved, label * said[:, None, None]], -1)})


def moves_within(used: Sequence[NDArray[Any]], most: int) -> NDArray[np.int64]:
    """The lowest and the highest move (N, 2) of pieces by the pitches that they use, at most so many semitones, with
    which they stay between the lowest and the highest pitch of all.

    >>> moves_within([np.array([3, 9]), np.array([10]), np.array([])], 5).tolist()
    [[0, 1], [-5, 0], [0, 0]]
    """
    lowest, highest = (
        min((int(pitches.min()) for pitches in used if len(pitches)), default=0),
        max((int(pitches.max()) for pitches in used if len(pitches)), default=0),
    )
    found = [
        (max(-most, lowest - int(pitches.min())), min(most, highest - int(pitches.max()))) if len(pitches) else (0, 0)
        for pitches in used
    ]
    return np.array(found, np.int64).reshape(-1, 2)
