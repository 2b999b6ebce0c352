"""Pieces moved to other keys in training, so that what is learned of one key is known of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, final

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.data.batch import Batch
from seqloom.data.draws import Purpose, generator
from seqloom.data.notes.rolls import KEYS
from seqloom.data.padded import Padded

__all__ = ["Transposed", "moves_within"]


_UNSAID: Final = 0.1
"""The share of pieces whose label is not said in an epoch, so that pieces without one are known, too."""


@final
class Transposed:
    """Batches of rolls (B, T, 88 + L), each roll moved by some semitones, a function of (seed, epoch, which roll).

    ``moves`` (N, 2) are the lowest and the highest one of each roll. Columns after the keys are the label, which of a
    tenth of the rolls is left out.
    """

    def __init__(self, batches: Padded, moves: NDArray[np.int64], seed: int, number: int = 0) -> None:
        self._batches, self._moves, self._seed = batches, moves, seed
        levels, said = generator(seed, Purpose.TRANSPOSING, number).random((2, len(moves)))
        self.semitones = moves[:, 0] + (levels * (moves[:, 1] - moves[:, 0] + 1)).astype(np.int64)
        self.said = said >= _UNSAID

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        batch, rows = self._batches[index], self._batches.rows(index)
        semitones, keys = self.semitones[rows], batch.x[..., :KEYS]
        moved = torch.stack([row.roll(int(by), -1) for row, by in zip(keys, semitones, strict=True)])
        label = batch.x[..., KEYS:] * torch.from_numpy(self.said[rows])[:, None, None]
        return batch._replace(inputs={"x": torch.cat([moved, label], -1)})

    def epoch(self, number: int) -> Transposed:
        """The batches of one epoch."""
        return Transposed(self._batches.epoch(number), self._moves, self._seed, number)


def moves_within(rolls: Sequence[NDArray[Any]], most: int) -> NDArray[np.int64]:
    """The lowest and the highest move (N, 2) of each roll, at most so many semitones, with which it stays between the
    lowest and the highest key of all.

    >>> roll = np.zeros((1, 88), bool)
    >>> low, high = roll.copy(), roll.copy()
    >>> low[0, [3, 9]], high[0, 10] = True, True
    >>> moves_within([low, high, roll], 5).tolist()
    [[0, 1], [-5, 0], [0, 0]]
    """
    used = [np.flatnonzero(roll.any(0)) for roll in rolls]
    lowest, highest = (
        min((keys[0] for keys in used if len(keys)), default=0),
        max((keys[-1] for keys in used if len(keys)), default=0),
    )
    found = [(max(-most, lowest - keys[0]), min(most, highest - keys[-1])) if len(keys) else (0, 0) for keys in used]
    return np.array(found, np.int64).reshape(-1, 2)
