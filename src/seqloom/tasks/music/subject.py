"""A model of music, as an inspection looks at it: windows of pieces, after each of which one step is predicted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from seqloom.data.batch import Batch
from seqloom.data.notes.key import pitch_name
from seqloom.data.notes.rolls import KEYS, LOWEST
from seqloom.data.padded import Padded
from seqloom.tasks.inspecting.subject import Asked, Subject
from seqloom.tasks.music.network import MusicNetwork
from seqloom.tasks.music.objective import nats_of

__all__ = ["subject_of", "windows_of"]

_ROWS, _STEPS, _AT_ONCE = 256, 256, 32


def windows_of(rows: Sequence[Tensor]) -> tuple[Padded, list[Tensor], Tensor]:
    """Up to 256 windows of at most 256 steps, spread evenly over rows (T, …), as batches whose targets are their
    places; the windows; and the step after each, (N, …), none where all rows have one step.

    >>> batches, windows, following = windows_of([torch.arange(4)])
    >>> [window.tolist() for window in windows], following.tolist()
    ([[0], [0, 1], [0, 1, 2]], [1, 2, 3])
    """
    at = [(row, step) for row, steps in enumerate(rows) for step in range(1, len(steps))]
    chosen = [at[place] for place in np.linspace(0, len(at) - 1, min(_ROWS, len(at))).astype(int)]
    windows = [rows[row][max(0, step - _STEPS) : step] for row, step in chosen] or list(rows)
    following = torch.stack([rows[row][step] for row, step in chosen]) if chosen else rows[0][:0]
    return Padded({"x": windows}, torch.arange(len(windows)), _AT_ONCE), windows, following


def subject_of(network: MusicNetwork, rolls: Sequence[Tensor]) -> Subject:
    """Windows of rolls (T, 88 + L), with the step after each to be predicted.

    To the model each window is the begin of a piece. Of pieces of one step what comes next is not known.
    """
    network.eval()
    batches, windows, following = windows_of(rolls)

    def loss(batch: Batch) -> Tensor:
        y = network.features(batch.x, batch.length)
        last = torch.full((batch.size,), batch.x.shape[1]) if batch.length is None else batch.length
        known, keys = y[torch.arange(batch.size), last], following[batch.targets][:, :KEYS]
        return nats_of(network.head(known, keys), keys).mean()

    def pieces(row: int) -> list[str]:
        steps = (np.flatnonzero(step) for step in windows[row][:, :KEYS].numpy())
        return ["begin", *(" ".join(pitch_name(LOWEST + int(key)) for key in keys) or "rest" for keys in steps)]

    return Subject(
        network,
        list(batches),
        pieces,
        Asked(lambda place: pitch_name(LOWEST + place), what="likeliest key of the next step"),
        loss if len(following) else None,
        "nats a step",
        of_text=False,
    )
